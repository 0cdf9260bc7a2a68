//! Makes a key for a channel.

use std::io::Write;

use clap::Args;

use super::{CommandError, Finding};
use crate::{
    domain::channel::ChannelName,
    mojaloop::{
        callers::api_keys::{hash_of, new_key},
        http::guard::KEY_HEADER,
    },
};

#[derive(Debug, Args)]
pub struct MakeApiKey {
    /// What the channel is called in logs and in the journal
    pub channel: ChannelName,
}

impl MakeApiKey {
    /// Nothing keeps the key: whoever has seen this has it.
    pub fn run(&self, output: &mut dyn Write) -> Result<Finding, CommandError> {
        let key = new_key()
            .ok_or_else(|| CommandError::refused("the operating system gives no random numbers"))?;
        let (channel, hash) = (&self.channel, hash_of(key.as_bytes()));
        writeln!(
            output,
            "The channel sends with every request, and keeps secret:"
        )?;
        writeln!(output, "  {KEY_HEADER}: {key}")?;
        writeln!(
            output,
            "DFSP_API_KEYS has this besides the others, with a comma between:"
        )?;
        writeln!(output, "  {channel}:{hash}")?;
        writeln!(
            output,
            "Leave an earlier key of this channel there until it sends the new one."
        )?;
        Ok(Finding::Fine)
    }
}
