//! Administration of a data folder on a disk, while the server runs and while it does not.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, in its functions too"
)]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::id::{DeviceId, PersonId};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::enrol::TicketLink;
use fieldwatch_server::admin::{AdminError, Command, reach};
use fieldwatch_server::data::{DataError, DataFolder};
use fieldwatch_server::serve::{Options, ServeError, serve_until};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const STATION: &str = "330106-0012";

/// A data folder after `init`.
fn begun() -> (TempDir, DataFolder) {
    let home = tempfile::tempdir().unwrap();
    let folder = DataFolder::at(&home.path().join("data"));
    folder.begin(&["localhost".to_owned()]).unwrap();
    (home, folder)
}

/// A server in this process.
struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), ServeError>>,
}

impl Served {
    async fn start(folder: &DataFolder) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let ended = tokio::spawn(serve_until(
            folder.clone(),
            options(),
            move |address| {
                tell.send(address).unwrap();
                Ok(())
            },
            async { drop(stopped.await) },
        ));
        let address = told.await.unwrap();
        Self {
            address,
            stop,
            ended,
        }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

fn options() -> Options {
    Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        identity: None,
    }
}

async fn run(folder: &DataFolder, command: Command) -> Result<Vec<Value>, AdminError> {
    let folder = folder.clone();
    let work = move || {
        let mut values = Vec::new();
        reach::run(&folder, command, Lang::En, &mut |value| {
            values.push(value);
            true
        })?;
        Ok(values)
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn kind(done: Result<Vec<Value>, AdminError>) -> Option<ProblemKind> {
    done.unwrap_err().problem(Lang::Zh).kind()
}

fn station_add() -> Command {
    Command::StationAdd {
        id: STATION.to_owned(),
        name: "西湖站".to_owned(),
        region: "330106".to_owned(),
        authority: Authority::Council,
        kind: "liaison".to_owned(),
    }
}

fn person_add(station: Option<&str>) -> Command {
    Command::PersonAdd {
        name: "李".to_owned(),
        role: Role::StationStaff,
        stations: station.map(str::to_owned).into_iter().collect(),
        region: None,
    }
}

fn ticket(person: &Value) -> Command {
    Command::Ticket {
        person: person["person"].as_str().unwrap().parse().unwrap(),
        valid_ms: 3_600_000,
        url: None,
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn what_is_said_to_a_running_server_is_there_when_it_is_not_and_the_other_way_round() {
    let (_home, folder) = begun();
    run(&folder, station_add()).await.unwrap();
    let served = Served::start(&folder).await;
    let person = run(&folder, person_add(Some(STATION))).await.unwrap();
    let lists = [
        Command::StationList,
        Command::PersonList,
        Command::DeviceList,
        Command::Feeds,
        Command::Check,
        Command::Report {
            from: "2026-01-01".to_owned(),
            to: "2026-12-31".to_owned(),
            region: Some("330000".to_owned()),
        },
    ];
    let mut running = Vec::new();
    for list in &lists {
        running.push(run(&folder, list.clone()).await.unwrap());
    }
    assert_eq!((running[0].len(), &running[1]), (1, &person));
    served.stop().await;
    assert!(!folder.socket().exists());
    for (list, running) in lists.iter().zip(running) {
        assert_eq!(run(&folder, list.clone()).await.unwrap(), running);
    }
}

#[tokio::test]
async fn a_refusal_is_the_same_problem_with_and_without_a_running_server() {
    let (_home, folder) = begun();
    let refusals = [
        (person_add(None), ProblemKind::ValueInvalid),
        (person_add(Some("nowhere")), ProblemKind::NotFound),
        (
            Command::DeviceRevoke {
                device: DeviceId([1; 16]),
            },
            ProblemKind::NotFound,
        ),
        (
            Command::Report {
                from: "2026-02-30".to_owned(),
                to: "2026-03-01".to_owned(),
                region: None,
            },
            ProblemKind::ValueInvalid,
        ),
        (
            Command::Ticket {
                person: PersonId([1; 16]),
                valid_ms: 1,
                url: Some("https://a.example".to_owned()),
            },
            ProblemKind::ValueInvalid,
        ),
    ];
    for (command, expected) in refusals.clone() {
        assert_eq!(kind(run(&folder, command).await), Some(expected));
    }
    let served = Served::start(&folder).await;
    for (command, expected) in refusals {
        assert_eq!(kind(run(&folder, command).await), Some(expected));
    }
    served.stop().await;
}

#[tokio::test]
async fn a_ticket_leads_to_the_first_host_the_last_port_and_the_servers_key() {
    let (_home, folder) = begun();
    run(&folder, station_add()).await.unwrap();
    let person = run(&folder, person_add(Some(STATION))).await.unwrap();
    let too_early = run(&folder, ticket(&person[0])).await;
    assert!(matches!(too_early, Err(AdminError::NeverServed)));
    let served = Served::start(&folder).await;
    let port = served.address.port();
    let running = run(&folder, ticket(&person[0])).await.unwrap();
    served.stop().await;
    let stopped = run(&folder, ticket(&person[0])).await.unwrap();
    let pin = folder.own_identity().pin().unwrap();
    for answer in [running, stopped] {
        let link = TicketLink::parse(answer[0]["link"].as_str().unwrap()).unwrap();
        assert_eq!(link.server, format!("https://localhost:{port}"));
        assert_eq!(link.pin, pin);
    }
}

#[tokio::test]
async fn beginning_again_keeps_keys_name_and_administrator() {
    let (_home, folder) = begun();
    let pin = folder.own_identity().pin().unwrap();
    let first = run(&folder, Command::FirstAdministrator).await.unwrap();
    let settings = folder.begin(&["b.example".to_owned()]).unwrap();
    assert_eq!(settings.name, "localhost");
    assert_eq!(settings.hosts, ["b.example", "localhost"]);
    assert_eq!(folder.own_identity().pin().unwrap(), pin);
    let again = run(&folder, Command::FirstAdministrator).await.unwrap();
    assert_eq!(first, again);
}

#[tokio::test]
async fn only_the_owner_can_open_the_folder_its_keys_and_its_socket() {
    let (home, folder) = begun();
    let served = Served::start(&folder).await;
    assert_eq!(mode(&home.path().join("data")), 0o700);
    for name in [
        "tls.key",
        "signing.key",
        "nonce.key",
        "settings.json",
        "admin.sock",
    ] {
        assert_eq!(mode(&folder.file(name)), 0o600, "{name}");
    }
    served.stop().await;
}

#[tokio::test]
async fn two_servers_never_open_one_folder() {
    let (_home, folder) = begun();
    let served = Served::start(&folder).await;
    let second = serve_until(
        folder.clone(),
        options(),
        |_| Ok(()),
        std::future::pending(),
    );
    assert!(matches!(
        second.await,
        Err(ServeError::Data(DataError::InUse(_)))
    ));
    run(&folder, Command::StationList).await.unwrap();
    served.stop().await;
}

#[tokio::test]
async fn a_socket_that_a_killed_server_left_is_in_nobodys_way() {
    let (_home, folder) = begun();
    drop(UnixListener::bind(folder.socket()).unwrap());
    assert!(folder.socket().exists());
    run(&folder, Command::StationList).await.unwrap();
    let served = Served::start(&folder).await;
    run(&folder, Command::StationList).await.unwrap();
    served.stop().await;
}

#[tokio::test]
async fn a_command_waits_for_a_server_that_is_starting() {
    let (_home, folder) = begun();
    let lock = folder.lock().unwrap();
    let waiting = tokio::spawn({
        let folder = folder.clone();
        async move { run(&folder, Command::StationList).await }
    });
    tokio::task::yield_now().await;
    drop(lock);
    let served = Served::start(&folder).await;
    assert_eq!(waiting.await.unwrap().unwrap(), Vec::<Value>::new());
    served.stop().await;
}

#[tokio::test]
async fn a_line_that_is_no_command_is_answered_with_a_problem() {
    let (_home, folder) = begun();
    let served = Served::start(&folder).await;
    for line in [
        "\n",
        "{}\n",
        "{\"lang\":\"zh\",\"command\":\"of tomorrow\"}\n",
    ] {
        let mut stream = tokio::net::UnixStream::connect(folder.socket())
            .await
            .unwrap();
        stream.write_all(line.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("problems/bad_request"), "{answer}");
    }
    served.stop().await;
}

#[tokio::test]
async fn without_init_every_command_says_so() {
    let home = tempfile::tempdir().unwrap();
    let folder = DataFolder::at(&home.path().join("nothing"));
    let refused = run(&folder, Command::StationList).await;
    assert!(matches!(
        refused,
        Err(AdminError::Data(DataError::NotBegun(_)))
    ));
    assert!(!home.path().join("nothing").exists());
}

#[tokio::test]
async fn a_store_is_compacted_while_the_server_runs_and_while_it_does_not() {
    let (_home, folder) = begun();
    run(&folder, station_add()).await.unwrap();
    for _ in 0..20 {
        run(&folder, person_add(Some(STATION))).await.unwrap();
    }
    let stations = run(&folder, Command::StationList).await.unwrap();
    let served = Served::start(&folder).await;
    let running = run(&folder, Command::Compact).await.unwrap();
    run(&folder, person_add(Some(STATION))).await.unwrap();
    served.stop().await;
    let stopped = run(&folder, Command::Compact).await.unwrap();
    for answer in [&running[0], &stopped[0]] {
        assert!(answer["rows"].as_u64().unwrap() > 20, "{answer}");
        assert!(answer["bytes_after"].as_u64().unwrap() > 0, "{answer}");
    }
    assert_eq!(run(&folder, Command::StationList).await.unwrap(), stations);
    assert_eq!(run(&folder, Command::PersonList).await.unwrap().len(), 21);
    let checked = run(&folder, Command::Check).await.unwrap();
    assert_eq!(checked[0]["problems"], serde_json::json!([]));
    for left in ["store.new", "store.old"] {
        assert!(!folder.file(left).exists());
    }
}
