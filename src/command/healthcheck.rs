//! `tickbox healthcheck`: a liveness probe for images without a shell and curl.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use tickbox::config::Config;

use super::CommandError;

const TIMEOUT: Duration = Duration::from_secs(2);

/// Fails when the instance does not answer within two seconds, or with anything but 200.
pub(crate) fn healthcheck(config: Config) -> Result<(), CommandError> {
    Ok(check(config.listen)?)
}

fn check(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&reachable(address), TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    if head == *b"HTTP/1.1 200" {
        Ok(())
    } else {
        let answer = String::from_utf8_lossy(&head);
        Err(io::Error::other(format!("the instance answered {answer}")))
    }
}

/// An instance that listens on every address is queried on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        address => address,
    }
}
