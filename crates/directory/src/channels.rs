//! The channel desk: what a channel says of itself, and who may change it.

use std::sync::Arc;

use domain::class::Class;
use domain::limits::{TAG_LEN_MAX, TAGS_MAX, TITLE_LEN_MAX};
use domain::names::Name;
use domain::ports::{Channels, StoreError};
use domain::users::{Channel, ChannelPatch, User};
use tokio::sync::watch;

use crate::faults::{self, FieldFault, keep};

/// Why a channel was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// There is none of that name.
    #[error("there is no such channel")]
    NoSuchChannel,
    /// It is somebody else's.
    #[error("only the channel's owner or an administrator may change it")]
    NotYours,
    /// Fields are wrong; all of them are told.
    #[error("some fields are not right")]
    Invalid(Vec<FieldFault>),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PatchError {
    /// Who must act.
    pub fn class(&self) -> Class {
        match self {
            Self::NoSuchChannel | Self::NotYours | Self::Invalid(_) => Class::Caller,
            Self::Store(e) => e.class(),
        }
    }
}

/// A rung that this site can make below a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RungOffer {
    /// What viewers and channels call it: `720p`.
    pub name: String,
    /// Only partners may ask for it, and administrators for them.
    pub partners_only: bool,
}

/// Channels. One per process; share it in an `Arc`.
pub struct ChannelDesk {
    channels: Arc<dyn Channels>,
    /// Best first.
    rungs: Vec<RungOffer>,
    edits: watch::Sender<u64>,
}

impl ChannelDesk {
    /// A desk over this store, of a site that makes no rungs.
    pub fn new(channels: Arc<dyn Channels>) -> Self {
        Self { channels, rungs: Vec::new(), edits: watch::Sender::new(0) }
    }

    /// The same, of a site that makes `rungs`, best first.
    pub fn with_rungs(self, rungs: Vec<RungOffer>) -> Self {
        Self { rungs, ..self }
    }

    /// The rungs that channels may choose from, best first.
    pub fn rungs(&self) -> &[RungOffer] {
        &self.rungs
    }

    /// The channel with this name.
    pub async fn by_name(&self, name: &Name) -> Result<Option<Channel>, StoreError> {
        self.channels.by_name(name).await
    }

    /// The user's own channel. Every user has one; without it the store is corrupt.
    pub async fn of(&self, user: &User) -> Result<Channel, StoreError> {
        let found = self.channels.by_ids(&[user.id.into()]).await?.pop();
        found.ok_or_else(|| StoreError::Corrupt(format!("user {} has no channel", user.id)))
    }

    /// Changes what `patch` names, if `by` may, and returns the result. Texts are trimmed; equal tags become one.
    ///
    /// Of the site's rungs everybody may leave out any. Those for partners only are for partners' channels; an
    /// administrator may set any for any channel, and what was set stays until it is changed.
    pub async fn patch(&self, by: &User, name: &Name, patch: ChannelPatch) -> Result<Channel, PatchError> {
        let channel = self.channels.by_name(name).await?.ok_or(PatchError::NoSuchChannel)?;
        if channel.id.owner() != by.id && !by.admin {
            return Err(PatchError::NotYours);
        }
        let may = |rung: &RungOffer| !rung.partners_only || channel.partner || by.admin;
        let patch = checked(patch, &self.rungs, may).map_err(PatchError::Invalid)?;
        let changed = self.channels.update(channel.id, patch).await?.ok_or(PatchError::NoSuchChannel)?;
        self.edits.send_modify(|edits| *edits += 1);
        Ok(changed)
    }

    /// A number that rises with every change made at this desk.
    pub fn edits(&self) -> watch::Receiver<u64> {
        self.edits.subscribe()
    }

    pub(crate) fn store(&self) -> &Arc<dyn Channels> {
        &self.channels
    }
}

/// `patch` as it is to be kept, or all that is wrong with it.
fn checked(
    patch: ChannelPatch,
    rungs: &[RungOffer],
    may: impl Fn(&RungOffer) -> bool,
) -> Result<ChannelPatch, Vec<FieldFault>> {
    let mut found = Vec::new();
    let mut field = |value: Option<String>, rule: &dyn Fn(&str) -> Result<String, FieldFault>| {
        value.and_then(|text| keep(rule(&text), &mut found))
    };
    let title = field(patch.title, &|text| faults::line("title", text, TITLE_LEN_MAX));
    let category = field(patch.category, &|text| faults::category("category", text));
    let language = field(patch.language, &|text| faults::language("language", text));
    let tags = patch.tags.map(|tags| self::tags(&tags, &mut found));
    let ladder = patch.ladder.map(|ladder| ladder.map(|names| self::ladder(&names, rungs, may, &mut found)));
    if found.is_empty() {
        Ok(ChannelPatch { title, category, tags, language, latency: patch.latency, ladder })
    } else {
        Err(found)
    }
}

/// The site's rungs that are named, best first.
fn ladder(
    names: &[String],
    rungs: &[RungOffer],
    may: impl Fn(&RungOffer) -> bool,
    found: &mut Vec<FieldFault>,
) -> Vec<String> {
    // Whoever names more than there are names one twice or one that there is not; the list comes from outside.
    for (n, name) in names.iter().enumerate().take(rungs.len() + 1) {
        let field = || format!("ladder[{n}]");
        match rungs.iter().find(|rung| rung.name == *name) {
            None => found.push(FieldFault::new(field(), "unknown", "this site does not make that rung")),
            Some(rung) if !may(rung) => {
                found.push(FieldFault::new(field(), "partners_only", "that rung is for partners"));
            }
            Some(_) => {}
        }
    }
    if names.len() > rungs.len() {
        found.push(FieldFault::new("ladder", "too_many", format!("at most {} rungs", rungs.len())));
    }
    rungs.iter().filter(|rung| names.contains(&rung.name)).map(|rung| rung.name.clone()).collect()
}

/// Tags in the creator's order, each once without regard to case, empty ones dropped.
fn tags(given: &[String], found: &mut Vec<FieldFault>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for (n, tag) in given.iter().enumerate() {
        // Beyond what can be kept nothing is looked at: the list comes from outside and may be long.
        if n >= TAGS_MAX * 2 {
            break;
        }
        let Some(tag) = keep(faults::line(&format!("tags[{n}]"), tag, TAG_LEN_MAX), found) else { continue };
        let folded = tag.to_lowercase();
        if !tag.is_empty() && kept.iter().all(|other| other.to_lowercase() != folded) {
            kept.push(tag);
        }
    }
    if kept.len() > TAGS_MAX || given.len() > TAGS_MAX * 2 {
        found.push(FieldFault::new("tags", "too_many", format!("at most {TAGS_MAX} tags")));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch() -> ChannelPatch {
        ChannelPatch::default()
    }

    /// Checked for somebody who is no partner, on a site of which the best rung is for partners.
    fn tried(patch: ChannelPatch) -> Result<ChannelPatch, Vec<FieldFault>> {
        let rung = |name: &str, partners_only| RungOffer { name: name.to_owned(), partners_only };
        let rungs = [rung("1080p", true), rung("720p", false), rung("160p", false)];
        checked(patch, &rungs, |rung| !rung.partners_only)
    }

    fn check(patch: ChannelPatch, expected: &[(&str, &str)]) {
        let faults = tried(patch).err().unwrap_or_default();
        let got: Vec<(&str, &str)> = faults.iter().map(|f| (f.field.as_str(), f.code)).collect();
        assert_eq!(got, expected);
    }

    fn texts(texts: &[&str]) -> Option<Vec<String>> {
        Some(texts.iter().map(|&text| text.to_owned()).collect())
    }

    #[test]
    fn all_faults_are_told_together() {
        check(
            ChannelPatch {
                title: Some("x".repeat(141)),
                category: Some("a\u{0}b".to_owned()),
                tags: texts(&["fine", &"t".repeat(26), "a\tb"]),
                language: Some("English!".to_owned()),
                ladder: Some(texts(&["144p", "1080p"])),
                ..patch()
            },
            &[
                ("title", "too_long"),
                ("category", "characters"),
                ("language", "shape"),
                ("tags[1]", "too_long"),
                ("tags[2]", "characters"),
                ("ladder[0]", "unknown"),
                ("ladder[1]", "partners_only"),
            ],
        );
    }

    #[test]
    fn limits_are_counted_in_characters() {
        check(ChannelPatch { title: Some("ß".repeat(140)), ..patch() }, &[]);
        check(ChannelPatch { tags: Some(vec!["é".repeat(25)]), ..patch() }, &[]);
        check(ChannelPatch { category: Some("c".repeat(61)), ..patch() }, &[("category", "too_long")]);
    }

    #[test]
    fn tags_are_trimmed_and_each_is_kept_once() {
        let kept = tried(ChannelPatch { tags: texts(&[" Chess ", "chess", "", "Blitz"]), ..patch() });
        assert_eq!(kept.map(|p| p.tags), Ok(texts(&["Chess", "Blitz"])));
    }

    #[test]
    fn ten_tags_are_enough() {
        let tags = |n: usize| Some((0..n).map(|n| format!("tag{n}")).collect());
        check(ChannelPatch { tags: tags(10), ..patch() }, &[]);
        check(ChannelPatch { tags: tags(11), ..patch() }, &[("tags", "too_many")]);
        check(ChannelPatch { tags: tags(100_000), ..patch() }, &[("tags", "too_many")]);
    }

    #[test]
    fn what_is_not_named_is_left_alone_and_what_is_emptied_is_empty() {
        let kept = tried(ChannelPatch { title: Some("  ".to_owned()), ..patch() });
        assert_eq!(kept, Ok(ChannelPatch { title: Some(String::new()), ..patch() }));
    }

    #[test]
    fn rungs_are_kept_best_first_and_none_is_a_choice_too() {
        let kept = |ladder| tried(ChannelPatch { ladder: Some(ladder), ..patch() }).map(|kept| kept.ladder);
        assert_eq!(kept(texts(&["160p", "720p", "160p"])), Ok(Some(texts(&["720p", "160p"]))));
        assert_eq!(kept(Some(Vec::new())), Ok(Some(Some(Vec::new()))));
        assert_eq!(kept(None), Ok(Some(None)));
        let many = Some(vec!["160p".to_owned(); 1_000]);
        check(ChannelPatch { ladder: Some(many), ..patch() }, &[("ladder", "too_many")]);
    }
}
