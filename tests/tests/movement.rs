//! What moves: cases between stations, stations between regions and teams, people between roles, and work that came too late. After
//! every move each device holds what its person may see now, and nothing else.

#[path = "movement/moves.rs"]
mod moves;
#[path = "movement/people.rs"]
mod people;
#[path = "movement/quarantine.rs"]
mod quarantine;
#[path = "movement/scene.rs"]
mod scene;
