//! Admission, work and its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use verax_vision::workers::{Overloaded, WorkerSettings, Workers};

fn workers(threads: usize, waiting_max: usize) -> Workers {
    Workers::start(WorkerSettings { threads, waiting_max }).unwrap()
}

#[test]
fn work_is_done_and_handed_back() {
    let workers = workers(2, 8);
    let (sender, receiver) = mpsc::channel();
    let interests: Vec<_> = (0..8)
        .map(|n| {
            let sender = sender.clone();
            let done = move |square| sender.send(square).unwrap();
            workers.try_permit().unwrap().run(move |_| n * n, done)
        })
        .collect();
    let mut squares: Vec<i32> = receiver.iter().take(8).collect();
    squares.sort_unstable();
    assert_eq!(squares, [0, 1, 4, 9, 16, 25, 36, 49]);
    drop(interests);
    assert_eq!(workers.admitted(), 0);
}

#[test]
fn a_permit_beyond_the_limit_is_rejected_until_one_is_given_back() {
    let workers = workers(1, 1);
    let (first, second) = (workers.try_permit().unwrap(), workers.try_permit().unwrap());
    assert!(matches!(workers.try_permit(), Err(Overloaded)));
    assert!(workers.is_full());
    drop(first);
    assert!(!workers.is_full());
    assert!(workers.try_permit().is_ok());
    drop(second);
    assert_eq!(workers.admitted(), 0);
}

#[test]
fn work_that_nobody_waits_for_is_not_begun() {
    let workers = workers(1, 4);
    let (release, blocked) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    let blocker = workers.try_permit().unwrap().run(
        move |_| {
            started.send(()).unwrap();
            blocked.recv().unwrap();
        },
        |()| {},
    );
    has_started.recv().unwrap();
    let begun = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&begun);
    let abandoned = workers
        .try_permit()
        .unwrap()
        .run(move |_| seen.store(true, Ordering::SeqCst), |()| panic!("called back"));
    drop(abandoned);
    let (sender, receiver) = mpsc::channel();
    let last = workers.try_permit().unwrap().run(|_| (), move |()| sender.send(()).unwrap());
    release.send(()).unwrap();
    receiver.recv().unwrap();
    assert!(!begun.load(Ordering::SeqCst));
    drop((blocker, last));
}

#[test]
fn work_learns_between_its_stages_that_nobody_waits_any_more() {
    let workers = workers(1, 0);
    let (sender, receiver) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    let interest = workers.try_permit().unwrap().run(
        move |waiting| {
            let before = waiting.is_over();
            started.send(()).unwrap();
            may_go_on.recv().unwrap();
            sender.send((before, waiting.is_over())).unwrap();
        },
        |()| {},
    );
    has_started.recv().unwrap();
    drop(interest);
    go_on.send(()).unwrap();
    assert_eq!(receiver.recv().unwrap(), (false, true));
}

#[test]
fn work_that_panics_gives_its_permit_back_and_leaves_the_thread_alive() {
    let workers = workers(1, 0);
    let (sender, receiver) = mpsc::channel::<()>();
    let interest = workers
        .try_permit()
        .unwrap()
        .run(|_| panic!("this panic is part of the test"), move |()| sender.send(()).unwrap());
    assert!(receiver.recv().is_err(), "a panic was taken for an answer");
    drop(interest);
    let (sender, receiver) = mpsc::channel();
    let permit = loop {
        // The permit comes back when the panic has unwound, shortly after the channel closed.
        if let Ok(permit) = workers.try_permit() {
            break permit;
        }
        std::thread::yield_now();
    };
    let interest = permit.run(|_| 7, move |seven| sender.send(seven).unwrap());
    assert_eq!(receiver.recv().unwrap(), 7);
    drop(interest);
}
