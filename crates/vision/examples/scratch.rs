use verax_vision::document::{boosting::*, screen::*, spectrum::Spectra, training::*};
use verax_vision::image::*;
use std::collections::BTreeMap;
pub fn auc(s: &[(f64,bool)]) -> f64 {
    let mut v=s.to_vec(); v.sort_by(|a,b|a.0.total_cmp(&b.0));
    let (mut neg,mut good)=(0f64,0f64);
    let n=v.iter().filter(|x|x.1).count() as f64; let m=v.len() as f64-n;
    for x in &v { if x.1 {good+=neg} else {neg+=1.0} }
    good/(n*m)
}
pub fn eer(s:&[(f64,bool)])->f64{
    let mut v=s.to_vec(); v.sort_by(|a,b|a.0.total_cmp(&b.0));
    let n=v.iter().filter(|x|x.1).count() as f64; let m=v.len() as f64-n;
    let (mut a,mut g)=(0f64,m); let mut best=(9.0,0.0);
    for x in &v { if x.1 {a+=1.0} else {g-=1.0}; let d=(a/n-g/m).abs(); if d<best.0 {best=(d,(a/n+g/m)/2.0)} }
    best.1
}
pub fn apcer_at(s:&[(f64,bool)],bp:f64)->f64{
    let mut g:Vec<f64>=s.iter().filter(|x|!x.1).map(|x|x.0).collect(); g.sort_by(f64::total_cmp);
    let t=g[((g.len() as f64*(1.0-bp)) as usize).min(g.len()-1)];
    let n=s.iter().filter(|x|x.1).count() as f64;
    s.iter().filter(|x|x.1&&x.0<=t).count() as f64/n
}
fn main(){
    let cache="/tmp/screen_features.txt";
    let mut rows:Vec<Row>=vec![];
    if std::path::Path::new(cache).exists() {
        for l in std::fs::read_to_string(cache).unwrap().lines(){
            let mut p=l.split(' ');
            let source=p.next().unwrap().to_string(); let attack=p.next().unwrap()=="1";
            rows.push(Row{fold:source.clone(),source,attack,features:p.map(|x|x.parse().unwrap()).collect()});
        }
    } else {
        let dir="../shared/data/documents";
        let mut files=vec![];
        let mut s:Vec<_>=std::fs::read_dir(dir).unwrap().map(|e|e.unwrap().path()).filter(|p|p.is_dir()).collect(); s.sort();
        for d in s { let src=d.file_name().unwrap().to_str().unwrap().to_string();
            if !(src.starts_with("photos")||src.starts_with("specimens")) {continue}
            for lab in ["genuine","screen","print"] { let p=d.join(lab); if !p.is_dir(){continue}
              let mut f:Vec<_>=std::fs::read_dir(p).unwrap().map(|e|e.unwrap().path()).collect(); f.sort();
              for x in f {files.push((src.clone(),lab.to_string(),x));} } }
        let t=std::time::Instant::now();
        let r=in_parallel(2,files.len(),|i|{
            let (s,l,p)=&files[i];
            let b=std::fs::read(p).unwrap();
            let img=match Image::decode(&b,&DecodeLimits::default()){Ok(i)=>i,Err(e)=>{eprintln!("{p:?} {e}");return None}};
            let m=measure_screen(&Spectra::new(),&img)?;
            Some((s.clone(),l.clone(),m.features))
        });
        eprintln!("{} files {:?}",files.len(),t.elapsed());
        let mut out=String::new();
        for (s,l,f) in r.into_iter().flatten(){
            if l=="print"{continue}
            let a=l=="screen";
            out+=&format!("{} {} {}\n",s,a as u8,f.iter().map(|x|x.to_string()).collect::<Vec<_>>().join(" "));
            rows.push(Row{fold:s.clone(),source:s,attack:a,features:f});
        }
        std::fs::write(cache,out).unwrap();
    }
    let photos:Vec<Row>=rows.iter().filter(|r|r.source.starts_with("photos")).cloned().collect();
    let report=|name:&str,rows:&[Row],set:&BoostSettings|{
        let t=std::time::Instant::now();
        let h=hold_out_each(rows,set,2);
        let v:Vec<(f64,bool,&str)>=h.iter().map(|h|(h.logit,rows[h.row].attack,rows[h.row].source.as_str())).filter(|x|x.2.starts_with("photos")).collect();
        let s:Vec<(f64,bool)>=v.iter().map(|x|(x.0,x.1)).collect();
        let mut per=BTreeMap::<&str,Vec<(f64,bool)>>::new();
        for x in &v {per.entry(x.2).or_default().push((x.0,x.1));}
        let pa:Vec<String>=per.iter().map(|(k,v)|format!("{}:{:.2}",&k[7..],auc(v))).collect();
        println!("{name:30} auc {:.4} eer {:.3} apcer@5 {:.3} {} {:?}",auc(&s),eer(&s),apcer_at(&s,0.05),pa.join(" "),t.elapsed());
    };
    let lean=BoostSettings::lean(1);
    report("lean",&photos,&lean);
    report("lean+specimens",&rows,&lean);
    report("bags4",&photos,&BoostSettings{bags:4,..lean});
    report("bags4 rows.7",&photos,&BoostSettings{bags:4,row_share:0.7,..lean});
    report("bags4 col.15",&photos,&BoostSettings{bags:4,column_share:0.15,..lean});
    report("bags4 col.1 300",&photos,&BoostSettings{bags:4,trees:300,column_share:0.1,..lean});
    report("bags4 4 leaves",&photos,&BoostSettings{bags:4,leaves:4,trees:300,..lean});
    report("bags4 15 leaves",&photos,&BoostSettings{bags:4,leaves:15,..lean});
}
