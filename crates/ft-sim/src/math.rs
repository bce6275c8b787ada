//! `exp`, `ln` and the normal quantile from `+ − × ÷ √` alone.
//!
//! The standard library's `exp` and `ln` are the platform's and differ in the last bit from one to the next;
//! IEEE 754 fixes the five operations used here, so one seed gives one result on every machine.

use std::f64::consts::{LN_2, SQRT_2};

/// The natural logarithm; for a positive, normal number. Error below 1e-15.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = exponent_of(bits);
    let mut mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        exponent += 1.0;
    }
    // ln m = 2 artanh s; |s| ≤ 0.1716, so the term in s²³ is below 1e-18.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    let mut odd = 21.0;
    while odd > 0.0 {
        sum = sum * square + 1.0 / odd;
        odd -= 2.0;
    }
    exponent * LN_2 + 2.0 * s * sum
}

fn exponent_of(bits: u64) -> f64 {
    let biased = ((bits >> 52) & 0x7ff) as u32;
    f64::from(biased) - 1023.0
}

/// e to the x, with x held within ±700. Relative error below 1e-14.
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let power = (x / LN_2).round();
    let rest = x - power * LN_2;
    // |rest| ≤ 0.35, so the term in rest¹⁴ is below 1e-17.
    let mut sum = 1.0;
    let mut n = 14.0;
    while n > 0.0 {
        sum = 1.0 + sum * rest / n;
        n -= 1.0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "|power| ≤ 1010, so the biased exponent lies within 13..=2033"
    )]
    let exponent = (power + 1023.0) as u64;
    f64::from_bits(exponent << 52) * sum
}

/// The number that a standard normal variable stays below with probability `p`, for `0 < p < 1`.
///
/// Source: P. J. Acklam, "An algorithm for computing the inverse normal cumulative distribution function",
/// 2003; relative error below 1.15e-9.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    const LOW: f64 = 0.024_25;
    if p < LOW {
        tail((-2.0 * ln(p)).sqrt())
    } else if p <= 1.0 - LOW {
        let q = p - 0.5;
        let r = q * q;
        q * horner(&A, r) / (horner(&B, r) * r + 1.0)
    } else {
        -tail((-2.0 * ln(1.0 - p)).sqrt())
    }
}

const A: [f64; 6] = [
    -3.969_683_028_665_376e1,
    2.209_460_984_245_205e2,
    -2.759_285_104_469_687e2,
    1.383_577_518_672_69e2,
    -3.066_479_806_614_716e1,
    2.506_628_277_459_239,
];
const B: [f64; 5] = [
    -5.447_609_879_822_406e1,
    1.615_858_368_580_409e2,
    -1.556_989_798_598_866e2,
    6.680_131_188_771_972e1,
    -1.328_068_155_288_572e1,
];
const C: [f64; 6] = [
    -7.784_894_002_430_293e-3,
    -3.223_964_580_411_365e-1,
    -2.400_758_277_161_838,
    -2.549_732_539_343_734,
    4.374_664_141_464_968,
    2.938_163_982_698_783,
];
const D: [f64; 4] = [
    7.784_695_709_041_462e-3,
    3.224_671_290_700_398e-1,
    2.445_134_137_142_996,
    3.754_408_661_907_416,
];

fn tail(q: f64) -> f64 {
    horner(&C, q) / (horner(&D, q) * q + 1.0)
}

/// A polynomial, its highest coefficient first.
fn horner(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, within: f64) {
        assert!((a - b).abs() <= within * b.abs().max(1e-300), "{a} is not near {b}");
    }

    #[test]
    fn exp_and_ln_agree_with_the_platform() {
        for step in -300..300 {
            let x = f64::from(step) * 0.37;
            close(exp(x), x.exp(), 1e-13);
            close(ln(x.exp()), x, 1e-13);
        }
    }

    #[test]
    fn normal_quantiles_are_the_published_ones() {
        close(normal_quantile(0.99), 2.326_347_874_040_841, 1e-8);
        close(normal_quantile(0.975), 1.959_963_984_540_054, 1e-8);
        close(normal_quantile(0.9), 1.281_551_565_544_6, 1e-8);
        close(normal_quantile(0.001), -3.090_232_306_167_813, 1e-8);
        assert!(normal_quantile(0.5).abs() < 1e-12);
    }
}
