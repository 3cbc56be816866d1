//! scrypt, RFC 7914.

use scrypt::Params;
use zeroize::Zeroizing;

use super::Request;
use crate::asn1::ScryptParameters;
use crate::content_error::ContentError;

/// What scrypt takes: a table of `1 << log_cost` blocks, and `lanes` times the work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    log_cost: u8,
    block_size: u32,
    lanes: u32,
}

impl Cost {
    pub(super) fn of(parameters: &ScryptParameters) -> Result<Self, ContentError> {
        let ScryptParameters {
            cost,
            block_size,
            parallelization,
            ..
        } = *parameters;
        if cost < 2 || !cost.is_power_of_two() || block_size == 0 || parallelization == 0 {
            return Err(damaged(
                "the cost is no power of two, or a parameter is zero",
            ));
        }
        Ok(Self {
            log_cost: cost.trailing_zeros() as u8,
            block_size,
            lanes: parallelization,
        })
    }

    /// The price, if it stays within so many bytes of memory: one iteration of the budget buys
    /// about one block of the table to fill and to read.
    pub(super) fn within(self, max_memory: u64) -> Result<u64, ContentError> {
        let block = u64::from(self.block_size) * 128;
        let (blocks, lanes) = (1_u64 << self.log_cost, u64::from(self.lanes));
        let memory = block.saturating_mul(blocks.max(lanes));
        if memory > max_memory {
            return Err(ContentError::OverLimit {
                what: "bytes of memory for scrypt",
                found: memory,
                limit: max_memory,
            });
        }
        Ok((block.saturating_mul(blocks) / 32).saturating_mul(lanes))
    }
}

/// Derives one key.
pub(super) fn one_key(
    cost: Cost,
    password: &[u8],
    request: &Request<'_>,
) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let params = Params::new(cost.log_cost, cost.block_size, cost.lanes)
        .map_err(|_| damaged("they are out of range"))?;
    let mut key = Zeroizing::new(vec![0; request.len]);
    scrypt::scrypt(password, request.salt, &params, &mut key)
        .map_err(|_| damaged("they are out of range"))?;
    Ok(key)
}

fn damaged(detail: &str) -> ContentError {
    ContentError::damaged("the scrypt parameters", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Limits;

    #[track_caller]
    fn takes_too_much_memory(cost: u64, block_size: u32, parallelization: u32) {
        let parameters = ScryptParameters {
            salt: der::asn1::OctetString::new(*b"salt").unwrap(),
            cost,
            block_size,
            parallelization,
            key_length: None,
        };
        let cost = Cost::of(&parameters).unwrap();
        let refused = cost.within(Limits::default().max_memory).unwrap_err();
        let memory = |what: &str| what.contains("memory");
        assert!(matches!(refused, ContentError::OverLimit { what, .. } if memory(what)));
    }

    #[test]
    fn it_is_held_to_the_memory_of_table_and_lanes() {
        takes_too_much_memory(1 << 20, 8, 1);
        takes_too_much_memory(2, 1 << 20, 1);
        takes_too_much_memory(2, 1, 1 << 21);
        takes_too_much_memory(1 << 63, u32::MAX, u32::MAX);
    }
}
