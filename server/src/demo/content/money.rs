//! What is at stake and what comes back, in integer fen.
//!
//! Multiplied damages follow 消费者权益保护法 §55 (three times the price, at least 500 yuan) and, for unsafe food,
//! 食品安全法 §148 (ten times the price, at least 1,000 yuan).

use super::rng::Rng;

const YUAN: i64 = 100;
/// Of dear things only a part is in dispute: a repair, a deposit, a shortfall.
const WHOLE_PRICE_YUAN_MAX: i64 = 5_000;

/// Money a consumer got back (挽回经济损失).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::demo) struct Recovered {
    /// What was paid for the goods or the service, or a part of it.
    pub(in crate::demo) refund_fen: i64,
    /// Loss made good.
    pub(in crate::demo) compensation_fen: i64,
    /// Multiplied damages (加倍赔偿).
    pub(in crate::demo) multiplied_fen: i64,
}

/// The sums of one dispute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stake {
    pub(super) price_yuan: i64,
    pub(super) refund_fen: i64,
    pub(super) compensation_fen: i64,
    pub(super) multiplied_fen: i64,
}

impl Stake {
    /// Where no money is asked for: a question, a report, a suggestion.
    pub(super) fn nothing_asked(price_yuan: i64) -> Self {
        Self {
            price_yuan,
            refund_fen: 0,
            compensation_fen: 0,
            multiplied_fen: 0,
        }
    }

    /// What is asked for in all.
    pub(super) fn claimed_fen(&self) -> i64 {
        self.refund_fen + self.compensation_fen + self.multiplied_fen
    }

    pub(super) fn of(
        rng: &mut Rng,
        price_yuan: i64,
        (category, problem): (&str, &str),
        claims: &[&str],
    ) -> Self {
        let disputed = match price_yuan {
            dear if dear > WHOLE_PRICE_YUAN_MAX => dear * rng.between(5, 25) / 100,
            price if problem == "price" || problem == "measurement" => {
                (price * rng.between(4, 25) / 100).max(5)
            }
            price => price * rng.pick(&[50, 80, 100, 100, 100]) / 100,
        };
        let multiplied = match problem {
            _ if !claims.contains(&"compensate") => 0,
            "counterfeit" | "false_advertising" => (price_yuan * 3).max(500),
            "safety" if category == "food" => (price_yuan * 10).max(1_000),
            _ => 0,
        };
        let multiplied = if rng.happens(600) && multiplied < 30_000 {
            multiplied
        } else {
            0
        };
        let compensation = (disputed * rng.between(10, 60) / 100).max(50);
        let asked = |claim: &str, yuan: i64| {
            if claims.contains(&claim) {
                yuan.max(1) * YUAN
            } else {
                0
            }
        };
        Self {
            price_yuan,
            refund_fen: asked("refund", disputed),
            compensation_fen: asked("compensate", if multiplied > 0 { 0 } else { compensation }),
            multiplied_fen: multiplied * YUAN,
        }
    }

    /// What an agreement brings: rarely all that was asked for, sometimes something where only a repair was.
    pub(super) fn agreed(&self, rng: &mut Rng) -> Recovered {
        let mut part = |asked_fen: i64, low: i64| {
            let per_cent = if rng.happens(450) {
                100
            } else {
                rng.between(low, 95)
            };
            asked_fen * per_cent / 100 / YUAN * YUAN
        };
        let refund_fen = part(self.refund_fen, 40);
        let compensation_fen = part(self.compensation_fen, 20);
        let multiplied_fen = part(self.multiplied_fen, 30);
        let goodwill_fen = if self.claimed_fen() == 0 && rng.happens(350) {
            rng.between(2, 30) * 10 * YUAN
        } else {
            0
        };
        Recovered {
            refund_fen,
            compensation_fen: compensation_fen + goodwill_fen,
            multiplied_fen,
        }
    }
}
