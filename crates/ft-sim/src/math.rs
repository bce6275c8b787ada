//! The normal quantile, and `exp` and `ln` whose last bit is the same on every machine.
//!
//! The standard library's are the platform's. Those of `libm` are written in Rust, from operations that IEEE 754
//! fixes, so one seed gives one result everywhere.

pub(crate) use libm::{exp, log as ln};

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
    fn normal_quantiles_are_the_published_ones() {
        close(normal_quantile(0.99), 2.326_347_874_040_841, 1e-8);
        close(normal_quantile(0.975), 1.959_963_984_540_054, 1e-8);
        close(normal_quantile(0.9), 1.281_551_565_544_6, 1e-8);
        close(normal_quantile(0.001), -3.090_232_306_167_813, 1e-8);
        assert!(normal_quantile(0.5).abs() < 1e-12);
    }
}
