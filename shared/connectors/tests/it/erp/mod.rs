//! One behaviour for every ERP, as far as the seam goes. A further ERP is one line here and a fixture.

mod b1;
mod fixture;
mod suite;

suite::of!(b1_as_an_erp, super::b1::Simulated<super::b1::V1>);
suite::of!(b1_v2_as_an_erp, super::b1::Simulated<super::b1::V2>);
