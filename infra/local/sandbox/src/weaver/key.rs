//! The OA's key pair: what a caller encrypted under the public half is opened here. Fixed, as all demo credentials are.

use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// `spk` of every registration at the simulated OA: base64 of its SubjectPublicKeyInfo.
pub const WEAVER_SPK: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtxAdPx+Uk2gqwTLRyt/2rjiN1IZ5AXUt2ovcHfF9JeTaLvjmoBBCdDfz\
    2L4iQAIQVAUPD+YDX1YfPQHDVxmxnohhSU2iVG1I2FIx/cgkcZjK0M6gYGclNc0b/riEtX+rtMSc9D+Nso8KDng6fiq93zp+9ojO\
    rYOCj6CU9THtiMFW0Ud3GVI06WGv/dE/zhL8GJQXkqdVTRhvu87q61+VE7dNfo13mSUncnXSc9Wwv08dfFurQAEEYTvyfPiwUUrc\
    hUlKn9acNWUNZv/v+9CIn0XEezu17f2VSPzMos7KAfmeztwJdKY8YYsbYAK3V6f5UGBhk/U2VD0Yi3D363hS8QIDAQAB";

/// Base64 of its PKCS #8, which protects nothing but this simulator.
const PRIVATE: &str = "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC3EB0/H5STaCrBMtHK3/auOI3UhnkBdS3ai9wd8X0l5Nou+Oag\
    EEJ0N/PYviJAAhBUBQ8P5gNfVh89AcNXGbGeiGFJTaJUbUjYUjH9yCRxmMrQzqBgZyU1zRv+uIS1f6u0xJz0P42yjwoOeDp+Kr3f\
    On72iM6tg4KPoJT1Me2IwVbRR3cZUjTpYa/90T/OEvwYlBeSp1VNGG+7zurrX5UTt01+jXeZJSdyddJz1bC/Tx18W6tAAQRhO/J8\
    +LBRStyFSUqf1pw1ZQ1m/+/70IifRcR7O7Xt/ZVI/MyizsoB+Z7O3Al0pjxhixtgArdXp/lQYGGT9TZUPRiLcPfreFLxAgMBAAEC\
    ggEANPabj5TCdrdvjz/1xJ1xkExadH+HaO2PG6jVQXCJxbnliiuHBg5OO7OogC/aVuyB7t0b03y3wxB2rz7gVkXfxr8sbnngmk6Y\
    AcYeIo+SQ69yFmGBswKEmIFENTkLZDuQ4Rb1VhFBHMUXosIUIkaZcolJDGjeawMedhF+p0YPtD3EzJvyFmDPRHJ6G1xPyeLuZes4\
    dsQtWVXXWIOol4DUVpWVzTfm3CWCWCcwqD/PRtv9flGlTOUXqZ1cZmDQJRDrdGOuvQMD0yX11sbgA9q+2TGA+JY83Qz6JrePrCR+\
    BXg+UoU7v7kmqp62nqKftku82CudnkP+T0w6PqtBc7S6JQKBgQD+UQ+2KgB5d05eNkM41qnJw1fblS9Nvj5eZDnzK5gXXlutHxxd\
    LiDbTWHNWIb8PJsIyP5X1q36+zd7Yq0jOpxXCwpItkthEeIRf8Yba5+qKWJlhhKu9wPy4rT/ejnwX3T3cU+e9xwSRnNrjYfcJcRf\
    uQgKC5rCF9HNEc8r3mklXwKBgQC4RlBRGTBA50jYUri3dDwxTxH/LhQoeyMgy+IE0PlvUughWrTyWGE/eLnEArAmrs8UMmkr8/p5\
    OJW9dkb7CDiKBfhhQ2YlFrcZfQOm6y4Xekxh8LO1HYmLBOz/zmdEZ4bpS8J40OKbW9AnNdjOycYSDUl+RQ3aVGPt4oSCyv6ZrwKB\
    gB0zZ49uETHhPhFZP6y2ETbGhD8FSTIvBvBFp9XBCqycPACL0vDsC//CSdmPMaiiuNZwZavmTYHE+KDlOqYR48Om0953d/5EVGXX\
    +wJJAENEjzTDCUAnwr9PwqKXATIVc9O5of/JteJvTm9qB9CCUaMAFuk4XeOtYnyeb+BEoGQXAoGAI5MPdliShDUiTwDJQEFkTXCi\
    XM0cfyQmh/JUU/Gz9dXfknDcddyyCXrZAgoyz4T33UJOI3oaZMSTw9vNoDDaGWtFpCFK2uYjuvvzdIn6f/XQQSgiyVhGcVwmFMxY\
    C1ChLvC9Pm21EaEL8kXm8STq5BlEkufp4LhiAk60njtqI2kCgYAKsgyAvSsGPB+2xi67UP+aTBxttBC7QHQdfGpig3VoFKqTUQ62\
    o4z4crGTJiRWBuOhBcILYBF6Wc02LcnBb9mC/C+VXn6zbntbqeylZRE4sqkUIH0vHa+2xYqK7NNHOu78slb7cuzGGHWlLhgOz3LB\
    uJxBB+R/OaD2bAIVeqIQ0g==";

/// The private half.
pub(super) struct Key(Option<Pkcs1PrivateDecryptingKey>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    pub fn new() -> Self {
        let key = STANDARD.decode(PRIVATE).ok().and_then(|der| PrivateDecryptingKey::from_pkcs8(&der).ok());
        Self(key.and_then(|key| Pkcs1PrivateDecryptingKey::new(key).ok()))
    }

    /// What base64 of a PKCS #1 v1.5 block holds; `None` when it is none for this key.
    pub fn open(&self, text: &str) -> Option<String> {
        let key = self.0.as_ref()?;
        let sealed = STANDARD.decode(text).ok()?;
        let mut room = vec![0; key.min_output_size()];
        let plain = key.decrypt(&sealed, &mut room).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }
}
