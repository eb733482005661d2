//! What the console is drawn with. An address names its content, so that it may be kept for ever; each is there in two
//! forms, one of which is compressed.

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, VARY};
use lambda_http::{Body, Response};
use std::sync::LazyLock;
use tenon_crypto::digest;

struct Asset {
    name: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    packed: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $kind:literal) => {
        Asset {
            name: $name,
            kind: $kind,
            plain: include_bytes!(concat!(env!("OUT_DIR"), "/", $name)),
            packed: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz")),
        }
    };
}

const ASSETS: [Asset; 3] = [
    asset!("console.css", "text/css; charset=utf-8"),
    asset!("console.js", "text/javascript; charset=utf-8"),
    asset!("htmx.min.js", "text/javascript; charset=utf-8"),
];

/// The address of each.
static ADDRESSES: LazyLock<Vec<(String, &'static Asset)>> = LazyLock::new(|| {
    let of = |asset: &'static Asset| (digest::sha256_base64url_short(asset.plain, 16), asset);
    ASSETS.iter().map(of).collect()
});

/// Where an asset is.
pub fn address(name: &str) -> String {
    let hash = ADDRESSES.iter().find(|(_, asset)| asset.name == name).map_or("", |(hash, _)| hash.as_str());
    format!("/system/assets/{hash}/{name}")
}

/// The asset of that address; none for another content than ours.
pub fn find(hash: &str, name: &str, packed: bool) -> Option<Response<Body>> {
    let (_, asset) = ADDRESSES.iter().find(|(own, asset)| own == hash && asset.name == name)?;
    let mut response = Response::new(Body::Binary(if packed { asset.packed } else { asset.plain }.to_vec()));
    let headers = response.headers_mut();
    if packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_that_of_the_content_and_all_of_them_are_small() {
        let mut weight = 0;
        for asset in &ASSETS {
            let address = address(asset.name);
            let hash = address.split('/').nth(3).unwrap();
            assert_eq!(hash.len(), 16, "{address}");
            let (plain, packed) = (find(hash, asset.name, false).unwrap(), find(hash, asset.name, true).unwrap());
            assert!(
                packed.headers()["content-encoding"] == "gzip" && !plain.headers().contains_key("content-encoding")
            );
            assert!(plain.headers()["cache-control"].to_str().unwrap().contains("immutable"));
            assert!(packed.body().len() < plain.body().len());
            weight += packed.body().len();
            assert!(find("another", asset.name, true).is_none() && find(hash, "other.css", true).is_none());
        }
        // 60 KB with a page; a page of fifty entries is some ten.
        assert!(weight < 40 * 1024, "{weight}");
    }
}
