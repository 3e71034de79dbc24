use verax_vision::document::{planes::*, screen::*, seeded::Seeded, spectrum::Spectra, training::*};
use verax_vision::image::*;
use std::fmt::Write as _;
fn rejpeg(img:&Image,q:u8)->Image{
    let mut out=vec![];
    let mut e=image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out,q);
    e.encode(&img.rgb,img.width,img.height,image::ExtendedColorType::Rgb8).unwrap();
    Image::decode(&out,&DecodeLimits::default()).unwrap()
}
fn scale(img:&Image,f:f64)->Image{ Colours::exactly(img,(img.width as f64*f) as usize,(img.height as f64*f) as usize).to_image() }
fn crop(img:&Image,r:&mut Seeded,lo:f32,hi:f32)->Image{
    let s=r.between(lo,hi); let w=(img.width as f32*s) as usize; let h=(img.height as f32*s) as usize;
    let x=r.below(img.width as usize-w); let y=r.below(img.height as usize-h);
    Colours::region(img,1.0,(x,y),(w,h)).to_image()
}
fn turn(img:&Image)->Image{
    let (w,h)=(img.width as usize,img.height as usize); let mut rgb=Vec::with_capacity(w*h*3);
    for y in 0..w { for x in 0..h { let i=((h-1-x)*w+y)*3; rgb.extend_from_slice(&img.rgb[i..i+3]); } }
    Image{width:h as u32,height:w as u32,rgb}
}
fn main(){
    let dir="../shared/data/documents";
    let mut files=vec![];
    let mut s:Vec<_>=std::fs::read_dir(dir).unwrap().map(|e|e.unwrap().path()).filter(|p|p.is_dir()).collect(); s.sort();
    for d in s { let src=d.file_name().unwrap().to_str().unwrap().to_string();
        if !(src.starts_with("photos")||src.starts_with("specimens")) {continue}
        for lab in ["genuine","screen","print"] { let p=d.join(lab); if !p.is_dir(){continue}
          let mut f:Vec<_>=std::fs::read_dir(p).unwrap().map(|e|e.unwrap().path()).collect(); f.sort();
          for x in f {files.push((src.clone(),lab.to_string(),x));} } }
    let all9=[(0,0),(1,0),(2,0),(0,1),(1,1),(2,1),(0,2),(1,2),(2,2)];
    let r=in_parallel(2,files.len(),|i|{
        let (s,l,p)=&files[i];
        let img=Image::decode(&std::fs::read(p).unwrap(),&DecodeLimits::default()).unwrap();
        let mut rng=Seeded::for_part(5,i as u64);
        let mut out=String::new();
        let sp=Spectra::new();
        for v in 0..4 {
            let im=match v {0=>img.clone(),1=>rejpeg(&scale(&img,0.6),75),2=>crop(&img,&mut rng,0.5,0.75),_=>{let f=rng.between(0.6,0.95) as f64; turn(&scale(&crop(&img,&mut rng,0.7,0.95),f))}};
            write!(out,"{s} {l} {v} {}",i).unwrap();
            for g in globals(&im) {write!(out," {g}").unwrap();}
            for side in [2600,640] {
                let t=tiles_at(&sp,&im,side,&all9);
                for (_,t) in &t { write!(out," |{}",if side==2600{0}else{1}).unwrap(); for x in t.values {write!(out," {x}").unwrap();} }
            }
            out.push('\n');
        }
        out
    });
    std::fs::write("/tmp/tiles.txt",r.concat()).unwrap();
}
