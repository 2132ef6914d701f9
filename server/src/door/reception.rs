//! What a hub's operator decided about whoever comes without a certificate, and how often an address may show wrong
//! tokens. Both doors of a hub have one reception.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mighub::v1::ErrorReason;

use super::PeerCertificate;
use super::guests::Guests;
use super::tls::Record;
use crate::hub::{Moment, Refusal};
use crate::limits::Limits;

/// Wrong tokens an address may show within [`WINDOW_MS`] before it is told to wait. Nobody guesses a token of 256 bits;
/// this keeps a program with an old token from filling the log. A good token is never refused for the wrong ones of its
/// neighbours.
const WRONG_TOKENS_MAX: u32 = 20;
const WINDOW_MS: i64 = 60 * 1_000;
/// Addresses that are remembered. Beyond it those of windows that have passed go; if none has, all are counted as one.
const ADDRESSES_MAX: usize = 4_096;
/// Stands for all addresses beyond [`ADDRESSES_MAX`].
const EVERYBODY_ELSE: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
/// Leading bits of an IPv6 address that one customer has: the rest it makes up at will.
const IPV6_CUSTOMER_BITS: u32 = 64;

/// The reception of a hub.
#[derive(Debug)]
pub struct Reception {
    public_reading: bool,
    limits: Limits,
    guests: Guests,
    wrong: Mutex<HashMap<IpAddr, Wrong>>,
}

/// Wrong tokens of an address since the beginning of its window.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    since: Moment,
    count: u32,
}

impl Reception {
    /// Lets the public read, or not.
    pub fn new(public_reading: bool) -> Self {
        Self { public_reading, limits: Limits::default(), guests: Guests::default(), wrong: Mutex::default() }
    }

    /// The same with other limits than the usual ones.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Limits on connections.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Connections that were opened with a certificate.
    pub(super) fn guests(&self) -> &Guests {
        &self.guests
    }

    /// Ends the connections whose certificates do not stand as they did when they were opened: revoked ones, and those
    /// that have ended. Gives the certificates.
    pub fn dismiss(&self, record: &Record) -> Vec<PeerCertificate> {
        self.guests.dismiss(|certificate| record.opens(certificate))
    }

    /// Whether somebody without certificate or token may read what is released and free.
    pub fn public_reading(&self) -> bool {
        self.public_reading
    }

    /// Counts a wrong token; refuses once there were too many of them from there.
    pub(super) fn wrong_token(&self, address: IpAddr, now: Moment) -> Result<(), Refusal> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let mut customer = customer(address);
        if wrong.len() >= ADDRESSES_MAX && !wrong.contains_key(&customer) {
            wrong.retain(|_, wrong| !has_passed(wrong.since, now));
            if wrong.len() >= ADDRESSES_MAX {
                customer = EVERYBODY_ELSE;
            }
        }
        let of_customer = wrong.entry(customer).or_insert(Wrong { since: now, count: 0 });
        if has_passed(of_customer.since, now) {
            *of_customer = Wrong { since: now, count: 0 };
        }
        of_customer.count = of_customer.count.saturating_add(1);
        if of_customer.count <= WRONG_TOKENS_MAX {
            return Ok(());
        }
        let wait_ms = of_customer.since.0.saturating_add(WINDOW_MS).saturating_sub(now.0);
        let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or_default());
        let text =
            "too many wrong access tokens from this address: correct the token in the program that sends it";
        Err(Refusal::new(ErrorReason::TooBusy, text).about("limit", WRONG_TOKENS_MAX).retry_after(wait))
    }
}

fn has_passed(since: Moment, now: Moment) -> bool {
    now.0 >= since.0.saturating_add(WINDOW_MS)
}

/// Who an address stands for: an IPv6 customer has 2^64 of them.
pub(super) fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let kept = u128::MAX << (u128::BITS - IPV6_CUSTOMER_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & kept))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(reception: &Reception, address: &str, at: i64) -> bool {
        reception.wrong_token(address.parse().expect("an address"), Moment(at)).is_ok()
    }

    #[test]
    fn an_address_that_shows_wrong_tokens_waits_and_others_do_not() {
        let reception = Reception::new(true);
        for count in 0..WRONG_TOKENS_MAX {
            assert!(shown(&reception, &format!("2001:db8::{count}"), 0), "one customer, many addresses");
        }
        assert!(!shown(&reception, "2001:db8::ffff", WINDOW_MS - 1));
        assert!(shown(&reception, "2001:db8:0:1::1", 0), "another customer");
        assert!(shown(&reception, "192.0.2.1", 0));
        assert!(shown(&reception, "2001:db8::1", WINDOW_MS), "the next window");
    }

    #[test]
    fn more_addresses_than_are_remembered_are_counted_as_one() {
        let reception = Reception::new(true);
        for number in 0..ADDRESSES_MAX as u32 + WRONG_TOKENS_MAX {
            assert!(shown(&reception, &Ipv4(number).to_string(), 0));
        }
        assert!(!shown(&reception, "203.0.113.1", 0));
        assert!(reception.wrong.lock().expect("sound").len() <= ADDRESSES_MAX + 1);
        assert!(shown(&reception, "203.0.113.1", WINDOW_MS), "those that have passed made room");
    }

    struct Ipv4(u32);

    impl std::fmt::Display for Ipv4 {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            std::net::Ipv4Addr::from_bits(0x0a00_0000 + self.0).fmt(f)
        }
    }
}
