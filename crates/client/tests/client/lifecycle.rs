//! Request, install, deactivate, receipt.

use countersign_client::core::license_key::LicenseKey;
use countersign_client::core::request::{Ask, VerifiedRequest};
use countersign_client::core::{Code, Expect};
use countersign_client::{Client, Error, Installed, Losing, Standing};

use crate::world::{DAY, NOW, World};

fn code(result: Result<Installed, Error>) -> Code {
    match result {
        Err(Error::Refused(error)) => error.code(),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn activation_with_and_without_a_license_key() {
    let world = World::new();
    let client = world.client();
    let key: LicenseKey = {
        let mut rng = Counting(7);
        LicenseKey::generate(&mut rng)
    };
    let with = client.request_activation(Some(&key)).unwrap();
    let without = client.request_activation(None).unwrap();
    assert_eq!(with.file_name, "lab-7.request");
    let verified = VerifiedRequest::verify(&with.token, Expect::Request).unwrap();
    let Ask::Activation { license: Some(proof), device } = &verified.claims().ask else {
        panic!("no license in the request")
    };
    assert_eq!(proof.id, key.id());
    assert!(key.proves(&proof.proof, &verified.device_key().thumbprint(), &verified.claims().id));
    assert_eq!(device.name.as_deref(), Some("lab-7"));
    let verified = VerifiedRequest::verify(&without.token, Expect::Request).unwrap();
    assert!(matches!(verified.claims().ask, Ask::Activation { license: None, .. }));
}

#[test]
fn any_of_several_open_requests_can_be_answered_in_any_order() {
    let world = World::new();
    let client = world.client();
    let requests: Vec<_> = (0..3).map(|_| client.request_activation(None).unwrap()).collect();
    assert_eq!(*client.check().standing(), Standing::NotActivated { open_requests: 3 });
    for request in requests.iter().rev() {
        client.install(&world.vendor.answer(&request.file)).unwrap();
        assert_eq!(*client.check().standing(), Standing::Active);
    }
    assert_eq!(client.check().right().unwrap().integer("parts"), Some(500));
    assert_eq!(client.status().unwrap().rights.len(), 1, "one device has one activation");
}

#[test]
fn a_request_that_was_answered_is_not_open_also_after_a_renewal_or_a_deactivation() {
    let world = World::new();
    let client = world.client();
    for _ in 0..3 {
        let request = client.request_activation(None).unwrap();
        client.install(&world.vendor.answer(&request.file)).unwrap();
    }
    assert_eq!(client.status().unwrap().open_requests, []);
    let open = client.request_activation(None).unwrap();
    let given_up = client.deactivate(None, Losing::Refuse).unwrap();
    let ids = |client: &Client| {
        client.status().unwrap().open_requests.iter().map(|(id, _)| *id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&client), [open.id, given_up.proof.id]);
    client.install(&world.vendor.answer(&given_up.proof.file)).unwrap();
    assert_eq!(ids(&client), [open.id]);
}

#[test]
fn the_same_response_again_changes_nothing_and_an_older_one_is_refused() {
    let mut world = World::new();
    let client = world.client();
    let request = client.request_activation(None).unwrap();
    let old = world.vendor.answer(&request.file);
    client.install(&old).unwrap();
    client.install(&old).unwrap();
    world.vendor.now += DAY;
    world.set_clock(NOW + DAY);
    client.install(&world.vendor.answer(&request.file)).unwrap();
    assert_eq!(code(client.install(&old)), Code::Superseded);
}

#[test]
fn what_belongs_elsewhere_is_refused_and_nothing_is_stored() {
    let mut world = World::new();
    let client = world.client();
    let request = client.request_activation(None).unwrap();
    let answer = world.vendor.answer(&request.file);
    let other = World::new();
    other.client().request_activation(None).unwrap();
    assert_eq!(code(other.client().install(&answer)), Code::WrongDevice);
    assert_eq!(*other.client().check().standing(), Standing::NotActivated { open_requests: 1 });

    world.set_clock(NOW + 30 * DAY);
    assert_eq!(code(client.install(&answer)), Code::ImportExpired);
    world.set_clock(NOW);
    world.machine("lab-7", "2");
    assert_eq!(code(client.install(&answer)), Code::WrongMachine);
    world.machine("lab-7", "1");
    assert_eq!(code(client.install(request.file.as_bytes())), Code::WrongType);
    assert_eq!(code(client.install(b"not a file of ours!")), Code::DamagedFile);
    world.vendor.signer = countersign_client::core::trust::Signer::root(
        countersign_client::core::SigningKey::from_seed(&[66; 32]),
    );
    let forged = world.vendor.answer(&request.file);
    assert_eq!(code(client.install(&forged)), Code::UntrustedKey);
    assert_eq!(*client.check().standing(), Standing::NotActivated { open_requests: 1 });
    client.install(&answer).unwrap();
}

#[test]
fn deactivation_destroys_first_hands_the_same_proof_out_and_takes_the_receipt() {
    let world = World::new();
    let client = world.client();
    let request = client.request_activation(None).unwrap();
    let answer = world.vendor.answer(&request.file);
    client.install(&answer).unwrap();
    let activation = client.check().right().unwrap().id();

    let given_up = client.deactivate(None, Losing::Refuse).unwrap();
    assert_eq!(given_up.activation, activation);
    let expected = Standing::Deactivated { activation, has_receipt: false };
    assert_eq!(*client.check().standing(), expected);
    assert!(client.check().right().is_none());
    assert_eq!(code(client.install(&answer)), Code::Deactivated);

    for _ in 0..3 {
        let again = client.deactivate(None, Losing::Refuse).unwrap();
        assert_eq!(again.proof.token, given_up.proof.token, "byte-identical");
        assert_eq!(again.proof.file, given_up.proof.file);
    }
    client.install(&world.vendor.answer(&given_up.proof.file)).unwrap();
    assert_eq!(*client.check().standing(), Standing::Deactivated { activation, has_receipt: true });
    assert!(matches!(client.deactivate(None, Losing::Refuse), Err(Error::NothingToDeactivate)));
    let named = client.deactivate(Some(activation), Losing::Refuse).unwrap();
    assert_eq!(named.proof.token, given_up.proof.token, "a named one is handed out for ever");
    assert_eq!(client.status().unwrap().receipts.len(), 1);

    client.request_trial().unwrap();
    assert_eq!(*client.check().standing(), Standing::NotActivated { open_requests: 1 });
}

#[test]
fn a_receipt_that_comes_after_many_more_requests_is_still_known() {
    let world = World::new();
    let client = world.activated();
    let given_up = client.deactivate(None, Losing::Refuse).unwrap();
    for _ in 0..100 {
        client.request_activation(None).unwrap();
    }
    client.install(&world.vendor.answer(&given_up.proof.file)).unwrap();
    assert!(client.deactivations().unwrap()[0].has_receipt);
}

#[test]
fn the_app_warns_before_it_gives_up_a_seat_that_will_not_come_back() {
    let mut world = World::new();
    world.vendor.grant.license.as_mut().unwrap().deactivations_left = Some(0);
    let client = world.activated();
    assert!(matches!(client.deactivate(None, Losing::Refuse), Err(Error::NoDeactivationLeft)));
    assert_eq!(*client.check().standing(), Standing::Active);
    client.deactivate(None, Losing::Accept).unwrap();
    assert!(client.check().right().is_none());
}

#[test]
fn trial_and_license_side_by_side_the_license_counts_while_it_runs() {
    let world = World::new();
    let client = world.client();
    let trial = client.request_trial().unwrap();
    client.install(&world.vendor.answer(&trial.file)).unwrap();
    assert!(client.check().right().unwrap().is_trial());
    assert!(matches!(client.deactivate(None, Losing::Refuse), Err(Error::NothingToDeactivate)));
    let request = client.request_activation(None).unwrap();
    client.install(&world.vendor.answer(&request.file)).unwrap();
    assert!(!client.check().right().unwrap().is_trial());
    client.deactivate(None, Losing::Refuse).unwrap();
    assert!(client.check().right().unwrap().is_trial(), "the trial still has its days");
}

struct Counting(u8);

impl rand_core::TryRng for Counting {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.0 = self.0.wrapping_add(1);
        Ok(u32::from(self.0))
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.try_next_u32().map(u64::from)
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Counting {}
