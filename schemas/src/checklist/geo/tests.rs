//! Tests of: distances and areas on the sphere, as JavaRosa computes them (radius 6,378,100 m), so that forms give the same numbers.

use super::*;

#[test]
fn a_degree_of_latitude_is_about_111_kilometres() {
    let points = read_points("30 120 0 0; 31 120 0 5").unwrap();
    assert!(
        (distance_m(&points) - 111_318.8).abs() < 1.0,
        "{}",
        distance_m(&points)
    );
}

#[test]
fn a_square_of_a_hundredth_degree_at_the_equator_has_its_area() {
    let points = read_points("0 0;0 0.01;0.01 0.01;0.01 0").unwrap();
    let side = EARTH_RADIUS_M * 0.01_f64.to_radians();
    assert!((area_m2(&points) / (side * side) - 1.0).abs() < 1e-6);
    assert_eq!(area_m2(&read_points("0 0;0 1").unwrap()), 0.0);
}

#[test]
fn places_that_are_not_on_earth_are_refused() {
    for text in ["91 0", "0 181", "1", "a b", "1 2 3 4 5", "1 NaN"] {
        assert_eq!(read_points(text), None, "{text}");
    }
}
