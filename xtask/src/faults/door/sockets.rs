//! Connections from any of this machine's addresses, many at once.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};

use anyhow::{Context as _, Result};
use rustix::net::sockopt::set_socket_recv_buffer_size;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Below what the server takes from one address.
const PER_ADDRESS: usize = 400;

/// Opens as many files as the system allows.
pub fn raise_file_limit(needed: usize) -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    let enough = limit.maximum.is_none_or(|maximum| maximum > needed as u64);
    anyhow::ensure!(enough, "{needed} sockets need a higher hard limit of open files (ulimit -Hn)");
    Ok(())
}

/// The address of a stranger: 127.1.0.1 for the first ones, then 127.1.0.2 and so on.
pub fn stranger(number: usize) -> Result<Ipv4Addr> {
    let host = u32::try_from(number / PER_ADDRESS)? + 1;
    Ok(Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + host))
}

/// A connection from there; with a small buffer, its other end soon cannot write.
pub fn connect_from(from: Ipv4Addr, to: SocketAddr, buffer: Option<usize>) -> Result<TcpStream> {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    if let Some(bytes) = buffer {
        set_socket_recv_buffer_size(&socket, bytes)?;
    }
    bind(&socket, &SocketAddrV4::new(from, 0)).context("cannot use an address of 127.0.0.0/8")?;
    connect(&socket, &to).with_context(|| format!("cannot connect from {from}"))?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}
