//! A socket that gives up: on a slow head, on idling between requests, on a client that takes nothing
//! of its answer. hyper's own limit for heads runs between requests too, so that no value of it would
//! suit both. What hyper says of a head by itself, it says in better words.

use std::{
    io,
    mem::{self, MaybeUninit},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use futures_util::future::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

use super::{Limits, limits::HEAD_BYTES, rejection::BareResponse};

/// What a connection is at.
#[derive(Clone, Copy, Debug)]
enum ConnectionPhase {
    /// Sending a head since then.
    Head(Instant),
    /// Sending a body or waiting for its answer; other limits hold.
    Busy,
    /// Between requests since then.
    Idle(Instant),
}

/// The stage of one connection, known to its socket and to the request on it.
#[derive(Clone, Debug)]
pub(super) struct PhaseTracker(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    progress: Mutex<Progress>,
    /// Whose answer is on its way: one of the constants below.
    answer: AtomicU8,
    /// Whether a part of the request may still arrive after its answer, which is the last.
    has_remains: AtomicBool,
}

#[derive(Debug)]
struct Progress {
    phase: ConnectionPhase,
    /// What has arrived of a head that is still owed.
    head: Vec<u8>,
}

/// Nobody's: what is written now is hyper's own.
const NO_ANSWER: u8 = 0;
/// That of the request under way.
const ANSWERING: u8 = 1;
/// All of it is with hyper, and perhaps not yet with the system.
const ANSWERED: u8 = 2;

impl PhaseTracker {
    /// A new connection owes a head.
    pub(super) fn new() -> Self {
        Self(Arc::new(Shared {
            progress: Mutex::new(Progress {
                phase: ConnectionPhase::Head(Instant::now()),
                head: Vec::new(),
            }),
            answer: AtomicU8::new(NO_ANSWER),
            has_remains: AtomicBool::new(false),
        }))
    }

    /// The head has arrived; the connection is busy until the guard is dropped.
    pub(super) fn begin_request(&self) -> RequestGuard {
        *self.lock() = Progress {
            phase: ConnectionPhase::Busy,
            head: Vec::new(),
        };
        self.0.answer.store(ANSWERING, Ordering::Relaxed);
        RequestGuard(self.clone())
    }

    /// A part of the request may still arrive after its answer, which is the last.
    pub(super) fn enable_lingering_close(&self) {
        self.0.has_remains.store(true, Ordering::Relaxed);
    }

    /// Since when nothing has come and nothing has left; none while a request is being answered. What
    /// waits for its client to take an answer rests too.
    pub(super) fn rests_since(&self) -> Option<Instant> {
        match self.lock().phase {
            ConnectionPhase::Head(since) | ConnectionPhase::Idle(since) => Some(since),
            ConnectionPhase::Busy => None,
        }
    }

    /// The same of a client that has not taken all of its answer.
    pub(super) fn stalled_since(&self) -> Option<Instant> {
        let is_stalled = self.0.answer.load(Ordering::Relaxed) == ANSWERED;
        is_stalled.then(|| self.rests_since()).flatten()
    }

    /// A part of an answer has left: what waits for the client begins anew.
    fn sent(&self) {
        match &mut self.lock().phase {
            ConnectionPhase::Head(since) | ConnectionPhase::Idle(since) => *since = Instant::now(),
            ConnectionPhase::Busy => {}
        }
    }

    /// All that was to be written is with the system.
    fn flushed(&self) {
        let (answer, relaxed) = (&self.0.answer, Ordering::Relaxed);
        let ended = answer.compare_exchange(ANSWERED, NO_ANSWER, relaxed, relaxed);
        // In the middle of an answer nothing has ended.
        ended.ok();
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        let progress = self.0.progress.lock();
        progress.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request, from the end of its head until the last of its answer is on its way to the socket.
pub(super) struct RequestGuard(PhaseTracker);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.lock().phase = ConnectionPhase::Idle(Instant::now());
        self.0.0.answer.store(ANSWERED, Ordering::Relaxed);
    }
}

/// Makes the answer to a head that hyper refuses, from hyper's own and what has arrived of the head.
pub(super) type Refuse = Box<dyn Fn(BareResponse, Vec<u8>) -> BoxFuture<'static, Bytes> + Send>;

/// That answer.
enum Refusal {
    Made(BoxFuture<'static, Bytes>),
    Sent(Bytes),
}

/// The socket under a connection.
pub(super) struct TimedSocket {
    socket: TcpStream,
    phases: PhaseTracker,
    limits: Limits,
    refuse: Refuse,
    refusal: Option<Refusal>,
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
    /// What the client has taken since the time for it began.
    taken: usize,
    lingering: Option<Pin<Box<Sleep>>>,
    /// What has been thrown away of a request that was answered before it had arrived.
    drained: usize,
}

/// How long a client may go on sending what nobody reads, and how much of it.
const LINGERING_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
const LINGERING_CLOSE_BYTES: usize = 1024 * 1024;

/// How much of an answer a client has to take within the limit of its time, if it is not all: 2 KiB a
/// second, a quarter of what the slowest phones get.
const PACE: usize = 64 * 1024;

impl TimedSocket {
    pub(super) fn new(
        socket: TcpStream,
        phases: PhaseTracker,
        limits: Limits,
        refuse: Refuse,
    ) -> Self {
        Self {
            socket,
            phases,
            limits,
            refuse,
            refusal: None,
            reading: None,
            writing: None,
            taken: 0,
            lingering: None,
            drained: 0,
        }
    }

    /// Ready when the client has sent all, or too much, or for too long.
    fn drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = self.lingering.as_ref().map(|timer| timer.deadline());
        let deadline = deadline.unwrap_or_else(|| Instant::now() + LINGERING_CLOSE_TIMEOUT);
        if poll_deadline(deadline, &mut self.lingering, context).is_ready() {
            return Poll::Ready(());
        }
        let mut scratch = [MaybeUninit::uninit(); 8 * 1024];
        while self.drained < LINGERING_CLOSE_BYTES {
            let mut buffer = ReadBuf::uninit(&mut scratch);
            let read = ready!(Pin::new(&mut self.socket).poll_read(context, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                break;
            }
            self.drained += buffer.filled().len();
        }
        Poll::Ready(())
    }

    /// Keeps back what hyper writes by itself, and has something better made of it. Whether it does.
    fn intercepts(&mut self, bytes: &[u8]) -> bool {
        if self.phases.0.answer.load(Ordering::Relaxed) != NO_ANSWER {
            return false;
        }
        let Some(bare) = BareResponse::parse(bytes) else {
            return false;
        };
        let head = mem::take(&mut self.phases.lock().head);
        // The rest of a head that is too large: with it unread, closing would take the answer away.
        self.phases.enable_lingering_close();
        self.refusal = Some(Refusal::Made((self.refuse)(bare, head)));
        true
    }

    /// Ready when what was made of hyper's answer has been sent.
    fn send_refusal(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let bytes = match &mut self.refusal {
                None => return Poll::Ready(Ok(())),
                Some(Refusal::Made(made)) => {
                    let bytes = ready!(made.as_mut().poll(context));
                    self.refusal = Some(Refusal::Sent(bytes));
                    continue;
                }
                Some(Refusal::Sent(bytes)) if bytes.is_empty() => {
                    self.refusal = None;
                    continue;
                }
                Some(Refusal::Sent(bytes)) => bytes.clone(),
            };
            let written = Pin::new(&mut self.socket).poll_write(context, &bytes);
            let length = ready!(self.unless_stalled(written, context))?;
            if let Some(Refusal::Sent(bytes)) = &mut self.refusal {
                bytes.advance(length);
            }
        }
    }

    /// When reading is given up, after so many bytes were read.
    fn read_deadline(&self, arrived: &[u8]) -> Option<Instant> {
        let mut progress = self.phases.lock();
        if let (false, ConnectionPhase::Idle(_)) = (arrived.is_empty(), progress.phase) {
            progress.phase = ConnectionPhase::Head(Instant::now());
        }
        if let ConnectionPhase::Head(_) = progress.phase {
            let room = HEAD_BYTES - progress.head.len();
            let kept = &arrived[..arrived.len().min(room)];
            progress.head.extend_from_slice(kept);
        }
        match progress.phase {
            // A client that still takes an answer is not idle; whether it takes it, `write` limits. The
            // deadline only brings us here again, since nobody else does once all is sent.
            ConnectionPhase::Head(_) | ConnectionPhase::Idle(_) if self.writing.is_some() => {
                Some(Instant::now() + self.limits.idle)
            }
            ConnectionPhase::Head(since) => Some(since + self.limits.head),
            ConnectionPhase::Idle(since) => Some(since + self.limits.idle),
            ConnectionPhase::Busy => None,
        }
    }

    /// Passes a result on unless too little could be written for too long: a byte now and then must not
    /// keep an answer in memory.
    fn unless_stalled(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = written {
            self.taken += result.as_ref().unwrap_or(&0);
            if self.taken >= PACE {
                self.begin_anew();
            }
            self.phases.sent();
            return Poll::Ready(result);
        }
        let begun = self.writing.as_ref().map(|timer| timer.deadline());
        let deadline = begun.unwrap_or_else(|| Instant::now() + self.limits.write);
        poll_deadline(deadline, &mut self.writing, context).map(Err)
    }

    /// The client has as much time again for the next part.
    fn begin_anew(&mut self) {
        self.writing = None;
        self.taken = 0;
    }
}

/// Ready with the error once the deadline has passed.
fn poll_deadline(
    deadline: Instant,
    timer: &mut Option<Pin<Box<Sleep>>>,
    context: &mut Context<'_>,
) -> Poll<io::Error> {
    let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
    if timer.deadline() != deadline {
        timer.as_mut().reset(deadline);
    }
    let passed = timer.as_mut().poll(context);
    passed.map(|()| io::ErrorKind::TimedOut.into())
}

impl AsyncRead for TimedSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(context, buffer);
        let Some(deadline) = this.read_deadline(&buffer.filled()[before..]) else {
            return read;
        };
        // Also when something was read: a byte now and then must not keep the connection.
        match poll_deadline(deadline, &mut this.reading, context) {
            Poll::Ready(error) => Poll::Ready(Err(error)),
            Poll::Pending => read,
        }
    }
}

impl AsyncWrite for TimedSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.intercepts(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.unless_stalled(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [bytes] = parts
            && self.intercepts(bytes)
        {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, parts);
        self.unless_stalled(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.send_refusal(context))?;
        self.begin_anew();
        self.phases.flushed();
        Pin::new(&mut self.socket).poll_flush(context)
    }

    /// To close while something unread arrives is a reset, which takes the answer away from a client
    /// that has not read it yet (RFC 9112, 9.6): so the end is said, and what still comes is thrown away.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.send_refusal(context))?;
        ready!(Pin::new(&mut this.socket).poll_shutdown(context))?;
        if this.phases.0.has_remains.load(Ordering::Relaxed) {
            ready!(this.drain(context));
        }
        Poll::Ready(Ok(()))
    }
}
