use verax_vision::document::{seeded::Seeded, simulator::*};
use verax_vision::image::*;
fn main(){
    let m=Image::decode(&std::fs::read("../shared/data/documents/photos-a/genuine/000.jpg").unwrap(),&DecodeLimits::default()).unwrap();
    for i in 0..4u64 {
        let mut r=Seeded::for_part(3,i);
        let t=std::time::Instant::now();
        let c=cards::card(&mut r,if i%2==0{Some(&m)}else{None});
        println!("card {:?}",t.elapsed());let t=std::time::Instant::now();
        let s=display::screen_replay(&mut r,&c.image); println!("screen {:?}",t.elapsed());let t=std::time::Instant::now();
        let p=press::printed_copy(&mut r,&c.image,[press::Process::Laser,press::Process::Inkjet,press::Process::GreyToner,press::Process::Laser][i as usize]);println!("print {:?}",t.elapsed());let t=std::time::Instant::now();
        let g=camera::genuine(&mut r,&c.image);println!("genuine {:?}",t.elapsed());
        for (n,x) in [("card",&c.image),("screen",&s),("print",&p),("genuine",&g)] { std::fs::write(format!("/tmp/sim_{n}{i}.jpg"),jpeg(x,92)).unwrap(); }
    }
}
