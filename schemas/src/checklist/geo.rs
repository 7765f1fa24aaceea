//! Distances and areas on the sphere, as JavaRosa computes them (radius 6,378,100 m), so that forms give the same numbers.

use super::value::parse_number;

const EARTH_RADIUS_M: f64 = 6_378_100.0;

/// Latitude and longitude in degrees, WGS-84.
pub(super) type Point = (f64, f64);

/// Reads `lat lon altitude accuracy; …`; none where any part is no place on earth.
pub(super) fn read_points(text: &str) -> Option<Vec<Point>> {
    text.split(';')
        .map(str::trim)
        .filter(|point| !point.is_empty())
        .map(read_point)
        .collect()
}

fn read_point(text: &str) -> Option<Point> {
    let numbers: Vec<f64> = text.split_whitespace().map(parse_number).collect();
    let (Some(lat), Some(lon)) = (numbers.first().copied(), numbers.get(1).copied()) else {
        return None;
    };
    let on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
    (on_earth && numbers.len() <= 4 && numbers.iter().all(|number| number.is_finite()))
        .then_some((lat, lon))
}

/// Length of the line through the points, in metres.
pub(super) fn distance_m(points: &[Point]) -> f64 {
    points
        .iter()
        .zip(points.iter().skip(1))
        .map(|(from, to)| between_m(*from, *to))
        .sum()
}

fn between_m(from: Point, to: Point) -> f64 {
    let (lat1, lat2) = (from.0.to_radians(), to.0.to_radians());
    let half = |one: f64, other: f64| libm::sin((other - one) / 2.0);
    let (lat, lon) = (
        half(lat1, lat2),
        half(from.1.to_radians(), to.1.to_radians()),
    );
    let chord = lat * lat + libm::cos(lat1) * libm::cos(lat2) * lon * lon;
    2.0 * EARTH_RADIUS_M * libm::asin(libm::sqrt(chord).min(1.0))
}

/// Area inside the points, in square metres; the last point need not repeat the first.
pub(super) fn area_m2(points: &[Point]) -> f64 {
    if points.len() < 3 {
        return 0.0;
    }
    let next = points.iter().skip(1).chain(points.first());
    let twice: f64 = points
        .iter()
        .zip(next)
        .map(|(from, to)| (to.1 - from.1).to_radians() * (2.0 + sin(from.0) + sin(to.0)))
        .sum();
    (twice * EARTH_RADIUS_M * EARTH_RADIUS_M / 2.0).abs()
}

fn sin(degrees: f64) -> f64 {
    libm::sin(degrees.to_radians())
}

#[cfg(test)]
mod tests;
