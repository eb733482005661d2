#![allow(clippy::unwrap_used, clippy::print_stdout)]
//! Measures.
use std::time::{Duration,Instant};
use tenon_engine::Local; use tenon_model::TenantId; use tenon_platform::{Clock,queue::*,table::*};
async fn run(l:&Local, what:&str){
  let w=|n:usize| Write::put(Key::new(&TenantId::new("a"),"X",&[],format!("{n}")),&serde_json::json!({"a":1,"b":"text","c":[1,2,3]}),Expect::AbsentAt(0)).unwrap();
  for n in 0..20 {l.table.write(w(n)).await.unwrap();}
  let t=Instant::now(); for n in 100..600 {l.table.write(w(n)).await.unwrap();} println!("{what} put {:?}",t.elapsed()/500);
  let t=Instant::now(); for n in 100..600 {l.table.get::<serde_json::Value>(&Key::new(&TenantId::new("a"),"X",&[],format!("{n}"))).await.unwrap();} println!("{what} get {:?}",t.elapsed()/500);
  let t=Instant::now(); for n in 1000..1200 {l.table.transact(vec![w(n),w(n+10000),w(n+20000)]).await.unwrap();} println!("{what} transact3 {:?}",t.elapsed()/200);
  let t=Instant::now(); for _ in 0..200 {l.queue.send(&APPROVALS_SUBMIT,"hello".into(),Duration::ZERO).await.unwrap();} println!("{what} send {:?}",t.elapsed()/200);
  let t=Instant::now(); for _ in 0..200 {l.queue.receive(&APPROVALS_WRITE_BACK,10,Duration::from_secs(60)).await.unwrap();} println!("{what} empty receive {:?}",t.elapsed()/200);
  let t=Instant::now(); let mut k=0; while k<200 {for m in l.queue.receive(&APPROVALS_SUBMIT,10,Duration::from_secs(60)).await.unwrap(){l.queue.delete(&APPROVALS_SUBMIT,&m.receipt).await.unwrap();k+=1;}} println!("{what} receive+delete each {:?}",t.elapsed()/200);
}
#[tokio::test] async fn measure(){
  for _ in 0..3 {let t=Instant::now(); let l=Local::memory(Clock::system()).await.unwrap(); println!("Local::memory {:?}",t.elapsed()); drop(l);}
  run(&Local::memory(Clock::system()).await.unwrap(),"memory").await;
  let d=tempfile::tempdir().unwrap(); let t=Instant::now(); let l=Local::open(&d.path().join("x.db"),Clock::system()).await.unwrap(); println!("Local::open new {:?}",t.elapsed());
  run(&l,"file").await;
  drop(l); let t=Instant::now(); let l=Local::open(&d.path().join("x.db"),Clock::system()).await.unwrap(); println!("Local::open again {:?}",t.elapsed()); drop(l);
}
