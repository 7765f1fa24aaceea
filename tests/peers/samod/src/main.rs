//! A peer of Fieldwatch's benchmarks: samod 0.16, a server and a client in one process over TCP on loopback, stored in memory.
//!
//! `peer-samod FILE` reads documents (each its length in four bytes, little-endian, then what `save_nocompress` gave), puts them into
//! the server, and prints how long a client that knows their ids takes to have them all: `{"documents": N, "seconds": S}`.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use automerge::Automerge;
use samod::tokio_io::TcpDialer;
use samod::{BackoffConfig, Repo, Transport};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

type Told<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Told<()> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let documents = read(&std::fs::read(path)?)?;
    let count = documents.len();
    let server = Repo::build_tokio().load().await;
    let mut held = Vec::new();
    for document in documents {
        held.push(server.create(document).await?);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let acceptor = server.make_acceptor(format!("tcp://127.0.0.1:{port}").parse()?)?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            drop(acceptor.accept(Transport::from_tokio_io(socket)));
        }
    });

    let begun = Instant::now();
    let client = Repo::build_tokio().load().await;
    let dialer = TcpDialer::new_host_port("127.0.0.1".to_owned(), port);
    let dialing = client.dial(BackoffConfig::default(), Arc::new(dialer))?;
    dialing.established().await.map_err(|_| "no connection")?;
    let mut wanted = JoinSet::new();
    for handle in &held {
        wanted.spawn(client.find(handle.document_id().clone()));
    }
    let mut found = Vec::new();
    while let Some(one) = wanted.join_next().await {
        found.push(one??.ok_or("a document is not available")?);
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{}",
        serde_json::json!({ "documents": count, "seconds": seconds })
    );
    let empty = found
        .iter()
        .filter(|handle| handle.with_document(|doc| doc.get_heads().is_empty()));
    match empty.count() {
        0 => std::process::exit(0),
        some => Err(format!("{some} documents came empty").into()),
    }
}

fn read(mut rest: &[u8]) -> Told<Vec<Automerge>> {
    let mut documents = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::try_from(u32::from_le_bytes(*length))?;
        let (save, after) = after.split_at_checked(length).ok_or("the file is cut")?;
        documents.push(Automerge::load(save)?);
        rest = after;
    }
    Ok(documents)
}
