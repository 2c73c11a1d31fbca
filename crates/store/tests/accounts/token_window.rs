//! What nodes take of a token's requests in a minute.

use countersign_core::Id;
use countersign_store::{TOKEN_WINDOW, TokenShare};

use super::world::{NOW, World};

impl World {
    async fn robot(&self) -> Id {
        let ada = self.user("ada@acme.example", None).await;
        self.token(ada.id).await
    }

    async fn share(&self, token: Id, most: u64, now: u64) -> TokenShare {
        self.store.take_token_share(token, most, now).await.unwrap()
    }
}

#[tokio::test]
async fn shares_are_small_and_come_to_what_there_is() {
    let world = World::new().await;
    let token = world.robot().await;
    let (mut taken, mut writes) = (0, 0);
    loop {
        let got = world.share(token, 6000, NOW + 1).await;
        if got.share == 0 {
            break;
        }
        taken += got.share;
        writes += 1;
        assert_eq!((got.since, got.taken), (NOW + 1, taken));
        assert!(got.share <= 6000 / 32 && got.share <= (6000 - taken) / 31 + 1, "{got:?}");
    }
    assert_eq!(taken, 6000);
    assert!(writes < 300, "{writes}");
    // A limit that was lowered meanwhile gives none, and no other token's are touched.
    let none = TokenShare { since: NOW + 1, taken: 6000, share: 0 };
    assert_eq!(world.share(token, 10, NOW + TOKEN_WINDOW).await, none);
}

#[tokio::test]
async fn a_minute_ends_for_all_nodes_whose_clocks_differ_a_little() {
    let world = World::new().await;
    let token = world.robot().await;
    let first = world.share(token, 2, NOW).await;
    assert_eq!(first, TokenShare { since: NOW, taken: 1, share: 1 });
    // A node whose clock is behind counts in the same minute.
    let second = world.share(token, 2, NOW - 5).await;
    assert_eq!(second, TokenShare { since: NOW, taken: 2, share: 1 });
    assert_eq!(world.share(token, 2, NOW + TOKEN_WINDOW - 1).await.share, 0);
    let next = NOW + TOKEN_WINDOW;
    assert_eq!(world.share(token, 2, next).await, TokenShare { since: next, taken: 1, share: 1 });
    // A clock that was put back does not hold a token up for as long.
    let back = NOW - 86_400;
    assert_eq!(world.share(token, 2, back).await, TokenShare { since: back, taken: 1, share: 1 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_more_requests_than_there_are_by_asking_at_once() {
    let world = World::new().await;
    let token = world.robot().await;
    let asks = (0..64).map(|_| world.share(token, 40, NOW));
    let shares = futures_util::future::join_all(asks).await;
    assert_eq!(shares.iter().map(|got| got.share).sum::<u64>(), 40);
}
