//! A TCP stream with head, idle and write timeouts (Slowloris protection). hyper's own limit for heads runs between
//! requests too, so that no value of it would suit both. It also replaces the bare responses that hyper writes to
//! malformed heads.

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

/// The phase of a connection.
#[derive(Clone, Copy, Debug)]
enum ConnectionPhase {
    /// The client sends a head, since then.
    Head(Instant),
    /// The client sends a body or waits for its response; other limits apply.
    Busy,
    /// Between requests, since then.
    Idle(Instant),
}

/// The phase of one connection, shared by its socket and the request on it.
#[derive(Clone, Debug)]
pub(super) struct PhaseTracker(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    progress: Mutex<Progress>,
    /// The response on its way: one of the constants below.
    answer: AtomicU8,
    /// Whether a part of the request may still arrive after its response, which is the last.
    has_remains: AtomicBool,
}

#[derive(Debug)]
struct Progress {
    phase: ConnectionPhase,
    /// The received part of an incomplete head.
    head: Vec<u8>,
}

/// None: hyper writes a response of its own.
const NO_ANSWER: u8 = 0;
/// The response to the request under way.
const ANSWERING: u8 = 1;
/// All of it was passed to hyper, and perhaps not yet to the system.
const ANSWERED: u8 = 2;

impl PhaseTracker {
    /// The phase of a new connection, which has to send a head.
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

    /// The head has arrived: the connection is busy until the guard is dropped.
    pub(super) fn begin_request(&self) -> RequestGuard {
        *self.lock() = Progress {
            phase: ConnectionPhase::Busy,
            head: Vec::new(),
        };
        self.0.answer.store(ANSWERING, Ordering::Relaxed);
        RequestGuard(self.clone())
    }

    /// Enables lingering close: a part of the request may still arrive after its response, which is the last.
    pub(super) fn enable_lingering_close(&self) {
        self.0.has_remains.store(true, Ordering::Relaxed);
    }

    /// Since when nothing was received or sent; none while a request is being handled. A connection whose client does
    /// not receive its response is idle too.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        match self.lock().phase {
            ConnectionPhase::Head(since) | ConnectionPhase::Idle(since) => Some(since),
            ConnectionPhase::Busy => None,
        }
    }

    /// [`Self::idle_since`] of a client that has not received all of its response.
    pub(super) fn stalled_since(&self) -> Option<Instant> {
        let is_stalled = self.0.answer.load(Ordering::Relaxed) == ANSWERED;
        is_stalled.then(|| self.idle_since()).flatten()
    }

    /// A part of a response was sent: the idle time restarts.
    fn sent(&self) {
        match &mut self.lock().phase {
            ConnectionPhase::Head(since) | ConnectionPhase::Idle(since) => *since = Instant::now(),
            ConnectionPhase::Busy => {}
        }
    }

    /// Everything written was passed to the system.
    fn flushed(&self) {
        let (answer, relaxed) = (&self.0.answer, Ordering::Relaxed);
        let ended = answer.compare_exchange(ANSWERED, NO_ANSWER, relaxed, relaxed);
        // In the middle of a response nothing has ended.
        ended.ok();
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        let progress = self.0.progress.lock();
        progress.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way, from the end of its head until the last of its response is passed to the socket.
pub(super) struct RequestGuard(PhaseTracker);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.lock().phase = ConnectionPhase::Idle(Instant::now());
        self.0.0.answer.store(ANSWERED, Ordering::Relaxed);
    }
}

/// Renders the response to a head that hyper rejects, from hyper's own and the received part of the head.
pub(super) type Refuse = Box<dyn Fn(BareResponse, Vec<u8>) -> BoxFuture<'static, Bytes> + Send>;

/// That response.
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
    /// Bytes received by the client since the write timeout started.
    taken: usize,
    lingering: Option<Pin<Box<Sleep>>>,
    /// Bytes discarded of a request that was answered before it had arrived.
    drained: usize,
}

/// Time and bytes that a client may go on sending after the response, to be discarded.
const LINGERING_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
const LINGERING_CLOSE_BYTES: usize = 1024 * 1024;

/// Bytes of a response that a client must receive within the write timeout, if it is not the rest: 2 KiB a second, a
/// quarter of the rate of the slowest phones.
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

    /// Lingering close: ready when the client has sent all, or too much, or for too long.
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

    /// Intercepts a response that hyper writes by itself and has it replaced. Returns whether it does.
    fn intercepts(&mut self, bytes: &[u8]) -> bool {
        if self.phases.0.answer.load(Ordering::Relaxed) != NO_ANSWER {
            return false;
        }
        let Some(bare) = BareResponse::parse(bytes) else {
            return false;
        };
        let head = mem::take(&mut self.phases.lock().head);
        // The rest of a head that is too large: with it unread, closing would reset the connection.
        self.phases.enable_lingering_close();
        self.refusal = Some(Refusal::Made((self.refuse)(bare, head)));
        true
    }

    /// Ready when the replacement of hyper's response has been sent.
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

    /// The deadline of reading, after these bytes were read.
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
            // A client that still receives a response is not idle; `write` limits that. This deadline only
            // makes the task run again, since nothing else does once all is sent.
            ConnectionPhase::Head(_) | ConnectionPhase::Idle(_) if self.writing.is_some() => {
                Some(Instant::now() + self.limits.idle)
            }
            ConnectionPhase::Head(since) => Some(since + self.limits.head),
            ConnectionPhase::Idle(since) => Some(since + self.limits.idle),
            ConnectionPhase::Busy => None,
        }
    }

    /// Passes a result on unless too little could be written for too long: a byte now and then must not keep a
    /// response in memory.
    fn unless_stalled(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = written {
            self.taken += result.as_ref().unwrap_or(&0);
            if self.taken >= PACE {
                self.restart_write_timeout();
            }
            self.phases.sent();
            return Poll::Ready(result);
        }
        let begun = self.writing.as_ref().map(|timer| timer.deadline());
        let deadline = begun.unwrap_or_else(|| Instant::now() + self.limits.write);
        poll_deadline(deadline, &mut self.writing, context).map(Err)
    }

    /// Restarts the write timeout for the next part.
    fn restart_write_timeout(&mut self) {
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
        // Also when something was read: a byte now and then must not keep the connection open.
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
        self.restart_write_timeout();
        self.phases.flushed();
        Pin::new(&mut self.socket).poll_flush(context)
    }

    /// Lingering close (RFC 9112, 9.6): sends FIN, then discards unread input. Closing with unread input would reset
    /// the connection, and a client that has not read the response yet would lose it.
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
