//! One behaviour for every OA, as far as its capabilities go. A further OA is one line here and its simulator's facts.

mod dingtalk;
mod fixture;
mod simulated;
mod suite;
mod weaver;
mod wecom;

suite::of!(dingtalk_as_an_oa, super::dingtalk::Simulated);
suite::of!(weaver_as_an_oa, super::weaver::Simulated);
suite::of!(wecom_as_an_oa, super::wecom::Simulated);
