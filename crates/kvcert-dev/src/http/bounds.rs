//! What one client may cost: connections are counted, and none is held by a client that neither sends
//! nor reads.

use std::future::{Future, Ready, ready};
use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use axum_server::{Server, from_tcp};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// A server on this listener, which gives up on clients that send half a request. What it is asked to
/// accept connections with has to be a [`BoundedAcceptor`] below.
pub(crate) fn server(listener: TcpListener) -> io::Result<Server<SocketAddr>> {
    let mut server = from_tcp(listener)?.first_request_timeout(PATIENCE);
    let builder = server.http_builder();
    builder.http1().header_read_timeout(PATIENCE);
    builder.http2().keep_alive_interval(PATIENCE);
    builder.http2().max_concurrent_streams(MOST_STREAMS);
    Ok(server)
}

/// Accepts so many connections at a time; those above it are closed at once.
#[derive(Debug, Clone)]
pub(crate) struct BoundedAcceptor(Arc<Semaphore>);

impl BoundedAcceptor {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MOST_CONNECTIONS)))
    }

    fn bounded(&self, stream: TcpStream) -> io::Result<BoundedStream> {
        // With Nagle's algorithm every new connection costs 40 ms.
        stream.set_nodelay(true)?;
        let permit = Arc::clone(&self.0).try_acquire_owned();
        Ok(BoundedStream {
            stream,
            stalled: None,
            end: Box::pin(sleep(LIFETIME)),
            _permit: permit.map_err(io::Error::other)?,
        })
    }
}

impl<S> Accept<TcpStream, S> for BoundedAcceptor {
    type Stream = BoundedStream;
    type Service = S;
    type Future = Ready<io::Result<(BoundedStream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.bounded(stream).map(|stream| (stream, service)))
    }
}

/// A connection that ends if the client does not read what it is sent, and when it is old.
#[derive(Debug)]
pub(crate) struct BoundedStream {
    stream: TcpStream,
    /// Runs while the client reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    end: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl BoundedStream {
    fn written<T>(
        &mut self,
        task: &mut Context<'_>,
        done: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.stalled = None;
            return done;
        }
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        stalled
            .as_mut()
            .poll(task)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for BoundedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.end.as_mut().poll(task).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.stream).poll_read(task, into)
    }
}

impl AsyncWrite for BoundedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.written(task, done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(task, bytes);
        self.written(task, done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}

/// How long a client may take to send the head of a request, to send its body, or to read on.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection lasts: a client of HTTP/2 may keep one busy without a request.
const LIFETIME: Duration = Duration::from_secs(3600);
/// Fewer than the files that a process may have open.
const MOST_CONNECTIONS: usize = 512;
const MOST_STREAMS: u32 = 128;
