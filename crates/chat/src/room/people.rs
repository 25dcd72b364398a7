//! Who is what in a room: roles, bans, warnings, watches; and who is here.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use domain::ids::UserId;
use domain::names::Name;
use domain::rooms::{Ban, Person, RoomRecord, RoomRole, Suspicion, UnbanRequest, Warning};
use domain::time::WallTime;

/// What is kept of people. Bounded by what moderators do.
#[derive(Debug, Default)]
pub struct Kept {
    /// Moderators and VIPs.
    pub roles: HashMap<UserId, (Name, RoomRole)>,
    /// Bans and timeouts; those that are over go at the next look.
    pub bans: HashMap<UserId, Ban>,
    /// Warnings that wait to be acknowledged.
    pub warnings: HashMap<UserId, Warning>,
    /// Watched accounts.
    pub suspects: HashMap<UserId, (Name, Suspicion)>,
    /// Requests to lift bans, decided ones too.
    pub requests: HashMap<UserId, UnbanRequest>,
}

impl Kept {
    /// Takes over what the store has; what is known already was decided later and stays. Returns who is something else than before, and
    /// whether by a role.
    pub fn adopt(&mut self, now: WallTime, record: &RoomRecord) -> BTreeMap<UserId, bool> {
        let mut others = BTreeMap::new();
        for ban in record.bans.iter().filter(|b| b.until.is_none_or(|until| until > now)) {
            if let Entry::Vacant(entry) = self.bans.entry(ban.who.id) {
                others.insert(ban.who.id, false);
                entry.insert(ban.clone());
            }
        }
        for warning in &record.warnings {
            if let Entry::Vacant(entry) = self.warnings.entry(warning.who.id) {
                others.insert(warning.who.id, false);
                entry.insert(warning.clone());
            }
        }
        for (who, role) in &record.roles {
            if let Entry::Vacant(entry) = self.roles.entry(who.id) {
                others.insert(who.id, true);
                entry.insert((who.login.clone(), *role));
            }
        }
        for (who, how) in &record.suspects {
            self.suspects.entry(who.id).or_insert_with(|| (who.login.clone(), *how));
        }
        for request in &record.unban_requests {
            self.requests.entry(request.who.id).or_insert_with(|| request.clone());
        }
        others
    }

    /// A role.
    pub fn role(&self, user: UserId) -> Option<RoomRole> {
        self.roles.get(&user).map(|(_, role)| *role)
    }

    /// The ban or timeout that holds now.
    pub fn ban(&self, now: WallTime, user: UserId) -> Option<&Ban> {
        self.bans.get(&user).filter(|ban| ban.until.is_none_or(|until| until > now))
    }

    /// Forgets timeouts that are over.
    pub fn tidy(&mut self, now: WallTime) {
        self.bans.retain(|_, ban| ban.until.is_none_or(|until| until > now));
    }

    /// Everybody with a role, by login.
    pub fn with(&self, role: RoomRole) -> Vec<Person> {
        let mut list: Vec<Person> = self
            .roles
            .iter()
            .filter(|(_, (_, r))| *r == role)
            .map(|(id, (login, _))| Person { id: *id, login: login.clone() })
            .collect();
        list.sort_by(|a, b| a.login.cmp(&b.login));
        list
    }

    /// Somebody of this login of whom something is kept.
    pub fn find(&self, login: &Name) -> Option<UserId> {
        let banned = self.bans.values().find(|b| b.who.login == *login).map(|b| b.who.id);
        let named = || self.roles.iter().find(|(_, (l, _))| l == login).map(|(id, _)| *id);
        let watched = || self.suspects.iter().find(|(_, (l, _))| l == login).map(|(id, _)| *id);
        let warned = || self.warnings.values().find(|w| w.who.login == *login).map(|w| w.who.id);
        banned.or_else(named).or_else(watched).or_else(warned)
    }

    /// Everybody of whom something is kept.
    pub fn everybody(&self) -> impl Iterator<Item = UserId> {
        self.roles.keys().chain(self.bans.keys()).chain(self.warnings.keys()).copied()
    }
}

/// Who is here, signed in, by connections; and who came and went since that was last told.
#[derive(Debug, Default)]
pub struct Present {
    here: HashMap<UserId, (Name, u32)>,
    /// Changes that are not told yet: came (`true`) or went.
    untold: HashMap<UserId, (Name, bool)>,
    since: Option<WallTime>,
}

impl Present {
    /// Somebody's connections changed by `by`. More than `most` people are not listed.
    pub fn change(&mut self, now: WallTime, user: UserId, login: &Name, by: i32, most: usize) {
        let room = self.here.len() < most;
        match self.here.entry(user) {
            Entry::Occupied(mut entry) => {
                let count = entry.get().1.saturating_add_signed(by);
                entry.get_mut().1 = count;
                if count == 0 {
                    entry.remove();
                    self.note(now, user, login, false);
                }
            }
            Entry::Vacant(entry) => {
                if room && let Ok(count @ 1..) = u32::try_from(by) {
                    entry.insert((login.clone(), count));
                    self.note(now, user, login, true);
                }
            }
        }
    }

    fn note(&mut self, now: WallTime, user: UserId, login: &Name, came: bool) {
        match self.untold.entry(user) {
            // Came and went, or went and came: nothing to tell.
            Entry::Occupied(entry) if entry.get().1 != came => {
                entry.remove();
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(entry) => {
                entry.insert((login.clone(), came));
            }
        }
        self.since.get_or_insert(now);
    }

    /// Since when something waits to be told.
    pub fn untold_since(&self) -> Option<WallTime> {
        self.since
    }

    /// Who came and who went since the last time.
    pub fn take(&mut self) -> (Vec<Name>, Vec<Name>) {
        self.since = None;
        let (mut joined, mut parted) = (Vec::new(), Vec::new());
        for (_, (login, came)) in self.untold.drain() {
            if came { joined.push(login) } else { parted.push(login) }
        }
        joined.sort();
        parted.sort();
        (joined, parted)
    }

    /// Whether somebody is here, of those who are listed.
    pub fn has(&self, user: UserId) -> bool {
        self.here.contains_key(&user)
    }

    /// How many are here.
    pub fn len(&self) -> usize {
        self.here.len()
    }

    /// Whether nobody is here.
    pub fn is_empty(&self) -> bool {
        self.here.is_empty()
    }

    /// The first `most` of those who are here and come after that login, by login.
    pub fn list(&self, after: Option<&Name>, most: usize) -> Vec<Person> {
        let later = self.here.iter().filter(|(_, (login, _))| after.is_none_or(|after| login > after));
        let mut list: Vec<Person> =
            later.map(|(id, (login, _))| Person { id: *id, login: login.clone() }).collect();
        list.sort_by(|a, b| a.login.cmp(&b.login));
        list.truncate(most);
        list
    }
}
