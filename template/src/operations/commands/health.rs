//! Whether the connector beside it serves: what a container's health check asks,
//! where there is no shell and no other program to ask with.

use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use reqwest::Client;

use super::{CommandError, Finding};
use crate::operations::{configuration::ListenAddress, startup::choose_tls};

/// Below what a health check is usually given.
const LONGEST_ANSWER: Duration = Duration::from_secs(2);

/// Asks `GET /health` of the backend API.
pub async fn ask(
    backend_api: ListenAddress,
    output: &mut dyn Write,
) -> Result<Finding, CommandError> {
    choose_tls();
    let client = Client::builder().no_proxy().timeout(LONGEST_ANSWER).build();
    let client = client.map_err(CommandError::refused)?;
    let address = address(&backend_api);
    let answer = client.get(format!("http://{address}/health")).send().await;
    let answer = answer.map_err(|_| {
        CommandError::refused(format!(
            "nothing serves on {address}, or it does not answer"
        ))
    })?;
    let status = answer.status();
    if !status.is_success() {
        return Err(CommandError::refused(format!(
            "the connector on {address} answers {status}: it starts no new payment"
        )));
    }
    writeln!(output, "the connector on {address} serves")?;
    Ok(Finding::Fine)
}

/// Where to ask: one that listens on all addresses is asked on its own machine.
fn address(listening: &ListenAddress) -> String {
    let ListenAddress { host, port } = listening;
    match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => format!("127.0.0.1:{port}"),
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => format!("[::1]:{port}"),
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{App, HttpResponse, HttpServer, web};

    use super::*;

    fn on(host: &str, port: u16) -> ListenAddress {
        ListenAddress {
            host: host.to_owned(),
            port,
        }
    }

    /// Something that gives every question this answer, for as long as the test runs.
    fn answering(status: u16) -> ListenAddress {
        let server = HttpServer::new(move || {
            let code = actix_web::http::StatusCode::from_u16(status).unwrap();
            App::new().default_service(web::to(move || async move { HttpResponse::new(code) }))
        });
        let server = server.workers(1).disable_signals();
        let server = server.bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        on("0.0.0.0", address.port())
    }

    #[tokio::test]
    async fn a_connector_that_serves_is_healthy() {
        let mut output = Vec::new();
        ask(answering(200), &mut output).await.unwrap();
        assert!(String::from_utf8(output).unwrap().ends_with(" serves\n"));
    }

    #[tokio::test]
    async fn one_that_is_about_to_end_is_not() {
        let error = ask(answering(503), &mut Vec::new()).await.unwrap_err();
        assert!(error.to_string().contains("503"), "{error}");
    }

    #[tokio::test]
    async fn where_nothing_listens_nothing_is_healthy() {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let error = ask(on("127.0.0.1", port), &mut Vec::new()).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains(&format!("127.0.0.1:{port}")), "{error}");
    }

    #[test]
    fn one_that_listens_everywhere_is_asked_on_its_own_machine() {
        assert_eq!(address(&on("0.0.0.0", 3003)), "127.0.0.1:3003");
        assert_eq!(address(&on("::", 3003)), "[::1]:3003");
        assert_eq!(address(&on("::1", 3003)), "[::1]:3003");
        assert_eq!(address(&on("10.0.0.7", 3003)), "10.0.0.7:3003");
        assert_eq!(address(&on("connector", 3003)), "connector:3003");
    }
}
