//! Genuine WeCom pushes: what the vendor sends, sealed as the vendor seals it, each one another event.

use crate::Result;
use crate::push::Push;
use tenon::commands::sandbox_config;
use tenon_crypto::envelope::Codec;
use tenon_sandbox::WecomOptions;

/// The connection of the sandbox's configuration.
pub const CONNECTION: &str = "wecom-sandbox";
/// Bytes of an event as WeCom sends them, in clear.
pub const SIZE: usize = 2048;

/// Seals and opens with the sandbox's token and key.
pub fn codec() -> Result<Codec> {
    let options = WecomOptions::default();
    Codec::new(&options.token, &options.aes_key, &options.corp_id).map_err(|e| format!("sandbox key: {e}").into())
}

/// The end of an approval of the goods issue's form, of about this many bytes.
pub fn event(number: u64, now_ms: i64, size: usize) -> String {
    let corp = WecomOptions::default().corp_id;
    let (now, template) = (now_ms / 1000, sandbox_config::GOODS_ISSUE);
    let detail = |user: usize| {
        format!(
            "<Details><Approver><UserId><![CDATA[approver{user}]]></UserId></Approver><Speech><![CDATA[同意，请尽快办理]]></Speech><SpStatus>2</SpStatus><SpTime>{now}</SpTime></Details>"
        )
    };
    let mut details = String::new();
    let of = |details: &str| {
        format!(
            "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[sys_approval_change]]></Event><AgentID>3010040</AgentID><ApprovalInfo><SpNoStr><![CDATA[2026{number:08}]]></SpNoStr><SpNo>2026{number:08}</SpNo><SpName><![CDATA[库存发货]]></SpName><SpStatus>2</SpStatus><TemplateId><![CDATA[{template}]]></TemplateId><ApplyTime>{now}</ApplyTime><Applyer><UserId><![CDATA[zhangtao]]></UserId><Party><![CDATA[2]]></Party></Applyer><SpRecord><SpStatus>2</SpStatus><ApproverAttr>1</ApproverAttr>{details}</SpRecord><StatuChangeEvent>2</StatuChangeEvent></ApprovalInfo></xml>"
        )
    };
    for user in 0..1000 {
        if of(&details).len() >= size {
            break;
        }
        details.push_str(&detail(user));
    }
    of(&details)
}

/// Seals an event as WeCom does.
pub fn seal(codec: &Codec, number: u64, now_ms: i64, event: &str) -> Push {
    let (timestamp, nonce) = ((now_ms / 1000).to_string(), format!("{number:010}"));
    let random = (u128::from(number) << 64 | 0x5eed).to_be_bytes();
    let sealed = codec.seal(event, &timestamp, &nonce, random);
    let corp = WecomOptions::default().corp_id;
    Push {
        query: format!("msg_signature={}&timestamp={timestamp}&nonce={nonce}", sealed.signature),
        body: format!(
            "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><AgentID><![CDATA[3010040]]></AgentID><Encrypt><![CDATA[{}]]></Encrypt></xml>",
            sealed.encrypt
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::wecom::{Event, sealed};

    #[test]
    fn an_event_is_about_two_kilobytes_and_opens() {
        let (codec, plain) = (codec().unwrap(), event(7, 1_795_305_600_000, SIZE));
        assert!((SIZE..SIZE + 300).contains(&plain.len()), "{}", plain.len());
        let push = seal(&codec, 7, 1_795_305_600_000, &plain);
        assert!(sealed(push.body.as_bytes()).is_ok());
        assert!(Event::read(plain.as_bytes()).unwrap().neutral().unwrap().outcome.is_some());
    }
}
