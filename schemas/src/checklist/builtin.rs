//! The functions whose arguments are all computed first. Each is total: nonsense gives NaN or blank, never a fault.

mod text;

use text::texts;

use jiff::tz::Offset;

use super::calendar;
use super::function::Function;
use super::value::{Value, as_f64, whole};

/// Applies a function; none where the arguments are not what it takes.
pub(super) fn apply<'a>(
    function: Function,
    arguments: &[Value<'a>],
    local: Offset,
) -> Option<Value<'a>> {
    let mut numbers = [f64::NAN; 2];
    for (number, argument) in numbers.iter_mut().zip(arguments) {
        *number = argument.to_number(local);
    }
    if let Some(number) = arithmetic(function, numbers, arguments.len()) {
        return Some(Value::Number(number));
    }
    texts(function, arguments, local).or_else(|| calendar::apply(function, arguments, local))
}

/// Sum, least or greatest; the sum of nothing is 0, the least of nothing is no number.
pub(super) fn reduce(function: Function, numbers: impl Iterator<Item = f64>) -> f64 {
    match function {
        Function::Sum => numbers.sum::<f64>() + 0.0,
        Function::Min => numbers
            .reduce(|one, other| {
                if one.is_nan() || one < other {
                    one
                } else {
                    other
                }
            })
            .unwrap_or(f64::NAN),
        _ => numbers
            .reduce(|one, other| {
                if one.is_nan() || one > other {
                    one
                } else {
                    other
                }
            })
            .unwrap_or(f64::NAN),
    }
}

fn arithmetic(function: Function, [x, y]: [f64; 2], count: usize) -> Option<f64> {
    Some(match function {
        Function::Int => libm::trunc(x),
        Function::Round if count == 1 => libm::floor(x + 0.5),
        Function::Round => round_to(x, y),
        Function::Floor => libm::floor(x),
        Function::Ceiling => libm::ceil(x),
        Function::Abs => libm::fabs(x),
        Function::Pow => libm::pow(x, y),
        Function::Sqrt => libm::sqrt(x),
        Function::Exp => libm::exp(x),
        Function::Exp10 => libm::exp10(x),
        Function::Log => libm::log(x),
        Function::Log10 => libm::log10(x),
        Function::Sin => libm::sin(x),
        Function::Cos => libm::cos(x),
        Function::Tan => libm::tan(x),
        Function::Asin => libm::asin(x),
        Function::Acos => libm::acos(x),
        Function::Atan => libm::atan(x),
        Function::Atan2 => libm::atan2(x, y),
        Function::Pi => std::f64::consts::PI,
        _ => return None,
    })
}

/// Rounds half away from zero to so many decimals; negative counts round to tens and hundreds.
fn round_to(number: f64, decimals: f64) -> f64 {
    let Some(decimals) = whole(decimals, 300).filter(|decimals| (-15..=15).contains(decimals))
    else {
        return number;
    };
    let mut scale = 1.0;
    for _ in 0..decimals.abs() {
        scale *= 10.0;
    }
    let scaled = if decimals >= 0 {
        number * scale
    } else {
        number / scale
    };
    if !scaled.is_finite() || scaled.abs() > as_f64(1 << 53) {
        return number;
    }
    let rounded = libm::copysign(libm::floor(scaled.abs() + 0.5), number);
    if decimals >= 0 {
        rounded / scale
    } else {
        rounded * scale
    }
}
