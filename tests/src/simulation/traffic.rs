//! Messages under way: requests on their way to the server, replies on their way back, and what becomes of both.

use fieldwatch_client_core::engine::{Input, Report};
use fieldwatch_client_core::replica::ReplicaError;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::PAGE_BYTES_MAX;
use fieldwatch_schemas::problem::{Problem, ProblemKind};

use super::clock::SECOND_MS;
use super::device::{Device, Heard, Wish};
use super::network::{Fate, Lost};
use super::server::Answer;
use super::{Event, World};
use crate::fault::Told;

/// How often a waiting device looks at its watch.
const TICK_MS: i64 = 10 * SECOND_MS;
/// How long a request waits for others to share a flush.
const GATHER_MS: i64 = 3;

/// One request and its reply.
#[derive(Debug)]
pub(super) struct Flow {
    place: usize,
    device: DeviceId,
    request: Vec<u8>,
    fate: Fate,
    /// Whether nobody waits for the reply: a request that arrived twice, or whose reply goes astray.
    is_echo: bool,
    told_bytes: usize,
}

/// How a reply ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// As it should.
    Whole,
    /// In the middle.
    Cut,
    /// Before it began.
    Refused(ProblemKind),
}

impl World {
    /// Notes what a device heard, and does what it wants.
    pub(super) fn hear(&mut self, place: usize, heard: Result<Heard, ReplicaError>) -> Told<()> {
        let heard = match heard {
            Ok(heard) => heard,
            Err(error) => {
                if let Some(device) = self.devices.get_mut(place) {
                    device.session = None;
                }
                return self.weather_device(place, Err(error));
            }
        };
        let acknowledged = heard.acknowledged;
        self.books.ever_acknowledged.extend(&acknowledged);
        self.books.acknowledged.extend(acknowledged);
        for wish in heard.wishes {
            match wish {
                Wish::Send(bytes) => self.send(place, bytes),
                Wish::Done(result) => self.finish(place, result),
            }
        }
        self.weather_device(place, Ok(()))
    }

    fn finish(&mut self, place: usize, result: Result<Report, Problem>) {
        if let Err(problem) = &result
            && problem.kind() == Some(ProblemKind::Internal)
        {
            let words = problem.detail.as_deref().unwrap_or(&problem.title);
            let what = format!("device {place} ended a sync by a mistake of ours: {words}");
            self.findings.diverged(&what);
        }
        let over = self.devices.get(place).map_or(0, Device::over_budget);
        if over > PAGE_BYTES_MAX as u64 {
            let what = format!("device {place} exceeded its budget by {over} bytes");
            self.findings.diverged(&what);
        }
        self.repairs += result.as_ref().map_or(0, |report| report.repaired);
        if let Some(device) = self.devices.get_mut(place) {
            device.session = None;
            device.replica.mark_sending([].into());
            device.last_sync = Some(result);
        }
    }

    fn send(&mut self, place: usize, request: Vec<u8>) {
        let Some(device) = self.devices.get_mut(place) else {
            return;
        };
        let Some(session) = &mut device.session else {
            return;
        };
        self.next_flow += 1;
        let number = self.next_flow;
        session.request = number;
        let fate = session.weather.next_fate(&mut self.tally.faults);
        let is_cut_off = self.cut_off.contains_key(&place);
        let flow = Flow {
            place,
            device: device.id,
            request,
            is_echo: fate.lost == Some(Lost::Unanswered),
            told_bytes: 0,
            fate,
        };
        let refused = is_cut_off || flow.fate.lost == Some(Lost::Refused);
        if refused {
            let ending = Ending::Refused(ProblemKind::Offline);
            self.queue
                .after(flow.fate.there_ms, Event::Ends(number, ending));
        } else if flow.fate.lost != Some(Lost::Silent) {
            self.queue.after(flow.fate.there_ms, Event::Arrives(number));
            if let Some(later_ms) = flow.fate.again_ms {
                self.echo(&flow, later_ms);
            }
        }
        self.queue.after(TICK_MS, Event::Tick(number));
        self.flows.insert(number, flow);
    }

    /// The same request arrives once more, and nobody waits for its reply.
    fn echo(&mut self, flow: &Flow, later_ms: i64) {
        self.next_flow += 1;
        let echo = Flow {
            request: flow.request.clone(),
            fate: flow.fate.clone(),
            is_echo: true,
            ..*flow
        };
        self.flows.insert(self.next_flow, echo);
        let at_ms = flow.fate.there_ms + later_ms;
        self.queue.after(at_ms, Event::Arrives(self.next_flow));
    }

    pub(super) fn arrive(&mut self, number: u64) {
        if self.server.room_mut().is_none() {
            let ending = Ending::Refused(ProblemKind::Offline);
            return self.queue.after(1, Event::Ends(number, ending));
        }
        if self.waiting.is_empty() {
            self.queue.after(GATHER_MS, Event::Gather);
        }
        self.waiting.push(number);
    }

    pub(super) fn gather(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let Some(room) = self.server.room_mut() else {
            for number in waiting {
                let ending = Ending::Refused(ProblemKind::Offline);
                self.queue.after(1, Event::Ends(number, ending));
            }
            return;
        };
        let mut requests = Vec::new();
        for number in waiting {
            if let Some(flow) = self.flows.get_mut(&number) {
                requests.push((number, flow.device, std::mem::take(&mut flow.request)));
            }
        }
        let answers = room.take(requests);
        // Whatever the server said has left, even if its power went a moment later: so it must have been durable.
        for (number, answer) in answers {
            self.tell(number, answer);
        }
    }

    pub(super) fn page(&mut self, number: u64) {
        let answer = match self.server.room_mut() {
            Some(room) => room.page(number),
            None => Answer::Cut,
        };
        self.tell(number, answer);
    }

    /// Sends part of a reply on its way, as far as the link lets it.
    fn tell(&mut self, number: u64, answer: Answer) {
        let Some(flow) = self.flows.get_mut(&number) else {
            return;
        };
        if flow.is_echo {
            match answer {
                Answer::Page(_) => self.queue.after(1, Event::PageDue(number)),
                _ => drop(self.flows.remove(&number)),
            }
            return;
        }
        let back_ms = flow.fate.back_ms;
        match answer {
            Answer::Page(mut bytes) => {
                let room = flow
                    .fate
                    .cut_after
                    .map(|cut| cut.saturating_sub(flow.told_bytes));
                flow.told_bytes += bytes.len();
                let is_cut = room.is_some_and(|room| room < bytes.len());
                bytes.truncate(room.unwrap_or(bytes.len()));
                self.queue.after(back_ms, Event::Bytes(number, bytes));
                if is_cut {
                    self.tally.faults.cut += 1;
                    flow.is_echo = true;
                    self.queue.after(back_ms, Event::Ends(number, Ending::Cut));
                }
                self.queue.after(1, Event::PageDue(number));
            }
            Answer::Over => self
                .queue
                .after(back_ms + 1, Event::Ends(number, Ending::Whole)),
            Answer::Cut => self
                .queue
                .after(back_ms + 1, Event::Ends(number, Ending::Cut)),
            Answer::Refused(kind) => self
                .queue
                .after(back_ms, Event::Ends(number, Ending::Refused(kind))),
        }
    }

    /// The device that still waits for this reply.
    fn listener(&self, number: u64) -> Option<usize> {
        let place = self.flows.get(&number)?.place;
        let session = self.devices.get(place)?.session.as_ref()?;
        (session.request == number).then_some(place)
    }

    pub(super) fn deliver(&mut self, number: u64, bytes: &[u8]) -> Told<()> {
        let now_ms = self.queue.now_ms();
        let Some(place) = self.listener(number) else {
            return Ok(());
        };
        match self
            .devices
            .get_mut(place)
            .map(|device| device.receive(bytes, now_ms))
        {
            Some(heard) => self.hear(place, heard),
            None => Ok(()),
        }
    }

    pub(super) fn conclude(&mut self, number: u64, ending: &Ending) -> Told<()> {
        let listener = self.listener(number);
        let is_served = self.flows.get(&number).is_some_and(|flow| flow.is_echo);
        if !is_served || matches!(ending, Ending::Refused(_)) {
            self.flows.remove(&number);
        }
        let input = match ending {
            Ending::Whole => Input::Ended,
            Ending::Cut => Input::Failed(Problem::with_detail(
                ProblemKind::Offline,
                "the link was cut",
            )),
            Ending::Refused(kind) => Input::Failed(Problem::new(*kind)),
        };
        self.tell_device(listener, input)
    }

    pub(super) fn tick(&mut self, number: u64) -> Told<()> {
        let listener = self.listener(number);
        if listener.is_some() {
            self.queue.after(TICK_MS, Event::Tick(number));
        }
        self.tell_device(listener, Input::Tick)
    }

    fn tell_device(&mut self, listener: Option<usize>, input: Input) -> Told<()> {
        let now_ms = self.queue.now_ms();
        let Some(place) = listener else {
            return Ok(());
        };
        match self
            .devices
            .get_mut(place)
            .map(|device| device.lose(input, now_ms))
        {
            Some(heard) => self.hear(place, heard),
            None => Ok(()),
        }
    }
}
