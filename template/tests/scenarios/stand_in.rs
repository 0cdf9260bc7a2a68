//! A partner of the connector that a test makes up.

use std::net::TcpListener;

use actix_web::{App, HttpServer, dev::ServerHandle, web::ServiceConfig};

/// It listens until this is dropped.
pub struct StandIn {
    pub url: String,
    server: ServerHandle,
}

impl StandIn {
    pub fn start(configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = HttpServer::new(move || App::new().configure(configure.clone()));
        let server = server
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self {
            url,
            server: handle,
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}
