//! What one callback and one signed call cost: the vendor waits 1500 ms and the
//! function is billed by the millisecond, so this must stay in microseconds.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use tenon_crypto::envelope::Codec;
use tenon_crypto::openapi::{sign_v1, verify_v1};
use tenon_crypto::webhook::standard::Secret;

const TIMESTAMP: &str = "1717171717000";
const SIZES: [usize; 2] = [1024, 20 * 1024];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    dingtalk(&mut criterion);
    openapi(&mut criterion);
    standard_webhooks(&mut criterion);
    criterion.final_summary();
}

/// An event of `size` bytes, with Chinese text in it as real ones have.
fn event(size: usize) -> String {
    let mut text = String::from(r#"{"EventType":"bpms_instance_change","title":"采购申请""#);
    text.extend(std::iter::repeat_n('x', size.saturating_sub(text.len() + 1)));
    text.push('}');
    text
}

fn dingtalk(criterion: &mut Criterion) {
    let key = "oiig7mNqT4h4KLAsxBZtoTHoiCgfSPtRv2vZUx99x8j";
    let Ok(codec) = Codec::new("mes2dingToken01", key, "dingq8x2m4n6b1v3c5z7") else {
        return;
    };
    let sealed = codec.seal(&event(1024), TIMESTAMP, "xTuuDtLy", [7; 16]);

    let mut group = criterion.benchmark_group("dingtalk");
    group.bench_function("open 1 KB and seal success", |bencher| {
        bencher.iter(|| {
            let encrypt = black_box(sealed.encrypt.as_str());
            let opened = codec.open(&sealed.signature, TIMESTAMP, "xTuuDtLy", encrypt);
            let reply = codec.seal("success", TIMESTAMP, "xTuuDtLy", black_box([9; 16]));
            (opened, reply)
        });
    });
    group.finish();
}

fn openapi(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("openapi scheme 1 verify");
    for size in SIZES {
        let body = event(size).into_bytes();
        let signature = sign_v1("s3cr3t-0123456789abcdef", "os_a1b2c3d4e5f6", TIMESTAMP, &body);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &body, |bencher, body| {
            bencher.iter(|| {
                let secret = black_box("s3cr3t-0123456789abcdef");
                verify_v1(secret, "os_a1b2c3d4e5f6", TIMESTAMP, body, &signature)
            });
        });
    }
    group.finish();
}

fn standard_webhooks(criterion: &mut Criterion) {
    let secret = Secret::from_bytes([7; 32]);
    let mut group = criterion.benchmark_group("standard webhooks verify");
    for size in SIZES {
        let body = event(size).into_bytes();
        let header = secret.sign("msg_1", "1717171717", &body);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_with_input(BenchmarkId::from_parameter(size), &body, |bencher, body| {
            bencher.iter(|| secret.verify(black_box("msg_1"), "1717171717", body, &header));
        });
    }
    group.finish();
}
