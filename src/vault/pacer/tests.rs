use super::*;
use crate::transport::UnreachableKind;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Makes `calls` calls of `latency` as soon as they may begin, the clock being a number. Gives
/// back when each began and ended.
fn run(state: &mut State, start: Instant, calls: usize, latency: Duration) -> Vec<[Instant; 2]> {
    let (mut now, mut made) = (start, Vec::new());
    let mut open: VecDeque<Instant> = VecDeque::new();
    while made.len() < calls || !open.is_empty() {
        while open.front().is_some_and(|end| *end <= now) {
            let end = open.pop_front().unwrap();
            state.limit.grow(end - latency);
            state.end(end);
        }
        let turn = if made.len() < calls {
            state.begin(now)
        } else {
            Turn::WhenOneEnds
        };
        match turn {
            Turn::Now => {
                made.push([now, now + latency]);
                open.push_back(now + latency);
            }
            Turn::At(time) => now = open.front().map_or(time, |end| time.min(*end)),
            Turn::WhenOneEnds => now = open.front().copied().unwrap_or(now),
            Turn::Never(busy) => panic!("{busy}"),
        }
    }
    made
}

#[test]
fn no_ten_seconds_have_more_calls_than_the_budget() {
    for (budget, latency) in [(4000, 20), (100, 1), (100, 700), (7, 12_000), (1, 5)] {
        let start = Instant::now();
        let made = run(&mut State::new(budget), start, 3 * budget + 1, ms(latency));
        // Wherever between its begin and its end the service counts a call.
        for (first, later) in made.iter().zip(&made[budget..]) {
            assert!(later[0] >= first[1] + WINDOW, "{budget} {latency}");
        }
    }
}

#[test]
fn the_budget_is_used() {
    let start = Instant::now();
    let made = run(&mut State::new(4000), start, 10_400, ms(20));
    let took = made.last().unwrap()[1] - start;
    // Two full windows, and the rest as fast as the answers come.
    assert!(took < ms(22_000), "{took:?}");
}

#[test]
fn the_limit_doubles_each_round_up_to_a_bound() {
    let start = Instant::now();
    let mut state = State::new(4000);
    let made = run(&mut state, start, 1000, ms(100));
    let begun = |round: u64| {
        let time = start + ms(100 * round);
        made.iter().filter(|call| call[0] == time).count()
    };
    assert_eq!([begun(0), begun(1), begun(2), begun(3)], [32, 64, 64, 64]);
}

#[test]
fn a_limit_that_is_not_used_does_not_grow() {
    let start = Instant::now();
    let mut limit = Limit::new();
    limit.used(31, start);
    (0..100).for_each(|_| limit.grow(start));
    assert_eq!(limit.calls(), 32);
    limit.used(32, start);
    limit.grow(start + ms(1));
    assert_eq!(limit.calls(), 32);
    limit.grow(start);
    assert_eq!(limit.calls(), 33);
}

#[test]
fn a_refused_round_halves_once_and_growth_is_slow_then() {
    let start = Instant::now();
    let mut limit = Limit::new();
    for _ in 0..32 {
        limit.halve(start, start + ms(20));
    }
    assert_eq!(limit.calls(), 16);
    limit.used(16, start + ms(21));
    (0..15).for_each(|_| limit.grow(start + ms(21)));
    assert_eq!(limit.calls(), 16);
    limit.grow(start + ms(21));
    assert_eq!(limit.calls(), 17);
    // The next round is refused as well.
    limit.halve(start + ms(30), start + ms(50));
    assert_eq!(limit.calls(), 8);
    for round in 2..9 {
        limit.halve(start + ms(30 * round), start + ms(30 * round + 1));
    }
    assert_eq!(limit.calls(), 1);
}

#[test]
fn a_pause_holds_for_all_and_the_longest_counts() {
    let start = Instant::now();
    let mut state = State::new(10);
    assert_eq!(state.begin(start), Turn::Now);
    state.pause(start + ms(3000));
    state.pause(start + ms(1000));
    assert_eq!(state.begin(start + ms(2999)), Turn::At(start + ms(3000)));
    assert_eq!(state.begin(start + ms(3000)), Turn::Now);
}

/// On the real clock, without sleeping: who asked first begins first, and a permit that is dropped
/// makes room.
#[test]
fn permits_are_given_in_order() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let pacer = Pacer::new(4000);
        let mut permits = Vec::new();
        for _ in 0..32 {
            permits.push(pacer.permit().await);
        }
        let order = Mutex::new(Vec::new());
        let wait = |number| {
            let (pacer, order) = (&pacer, &order);
            async move {
                let permit = pacer.permit().await;
                order.lock().unwrap().push(number);
                drop(permit);
            }
        };
        let free = async { drop(permits) };
        tokio::join!(wait(1), wait(2), wait(3), free);
        assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
    });
}

/// A service that asks for more time than anyone waits is left alone for that time.
#[tokio::test]
async fn calls_fail_until_a_closed_vault_opens() {
    let pacer = Pacer::new(4000);
    let busy = Unreachable::new(UnreachableKind::TimedOut, "busy");
    let reply = || async {
        Ok(Reply {
            status: reqwest::StatusCode::OK,
            headers: reqwest::header::HeaderMap::new(),
            body: Vec::new().into(),
        })
    };
    assert!(pacer.pace(reply()).await.is_ok());
    pacer.close(Duration::MAX, &busy);
    assert_eq!(pacer.pace(reply()).await.err(), Some(busy.clone()));
    pacer.close(ms(50), &busy);
    assert!(pacer.pace(reply()).await.is_err());
    tokio::time::sleep(ms(60)).await;
    assert!(pacer.pace(reply()).await.is_ok());
}
