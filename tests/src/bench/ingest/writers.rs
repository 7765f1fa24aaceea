//! Devices that push single changes, all at once.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::bench::Bench;
use crate::bench::case::Case;
use crate::bench::phone::{Phone, all_stored, packed, request};
use crate::bench::round::figure;
use crate::fault::{Fault, Told};

/// One device with the cases that it made.
pub(super) struct Writer {
    pub(super) phone: Arc<Phone>,
    pub(super) cases: Vec<Case>,
}

/// For each writer the bodies of its next pushes: each of its cases so many times, by turns.
pub(super) fn bodies(bench: &Bench, writers: &mut [Writer], times: usize) -> Told<Vec<Vec<Bytes>>> {
    let mut all = Vec::new();
    for writer in writers {
        let mut own = Vec::new();
        for _ in 0..times {
            for case in &mut writer.cases {
                let before = case.chunks.len();
                case.edit()?;
                let request = request(vec![case.pushed_from(before)], &[])?;
                own.push(bench.runtime.block_on(packed(&request))?);
            }
        }
        all.push(own);
    }
    Ok(all)
}

/// All devices at once, each one request after the other. Gives the requests per second, and the replies.
pub(super) fn spread(
    bench: &Bench,
    writers: &[Writer],
    url: &str,
    bodies: &[Vec<Bytes>],
) -> Told<(f64, Vec<Bytes>)> {
    bench.runtime.block_on(async {
        let begun = Instant::now();
        let mut under_way = Vec::new();
        for (writer, own) in writers.iter().zip(bodies) {
            let (phone, own, url) = (Arc::clone(&writer.phone), own.clone(), url.to_owned());
            under_way.push(tokio::spawn(async move {
                let mut replies = Vec::new();
                for body in own {
                    replies.push(phone.send_to(&url, body).await?);
                }
                Ok::<_, Fault>(replies)
            }));
        }
        let mut replies = Vec::new();
        for one in under_way {
            replies.extend(one.await??);
        }
        let rate = figure(replies.len()) / begun.elapsed().as_secs_f64();
        Ok((rate, replies))
    })
}

/// Every single change was stored.
pub(super) fn prove(bench: &Bench, replies: &[Bytes]) -> Told<()> {
    bench.runtime.block_on(async {
        for reply in replies {
            all_stored(reply, 1).await?;
        }
        Ok(())
    })
}
