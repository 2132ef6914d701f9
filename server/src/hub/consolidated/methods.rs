//! The methods that the hub applies, and the groups it knows.

use jiff::civil::Date;
use mighub::v1::{self, ErrorReason};
use mighub_consolidation::{Member, Method};

use super::answer::method as message;
use super::asked::day;
use crate::hub::pages::Page;
use crate::hub::permit::{Permit, Read};
use crate::hub::{Hub, Moment, Refusal};

/// Groups on a page at most: each may have some hundred members.
const GROUPS_MAX: u32 = 500;

impl Hub {
    /// The methods that are applied.
    pub fn list_methods(
        &self,
        _: &Permit<Read>,
        _: &v1::ListMethodsRequest,
        _: Moment,
    ) -> Result<v1::ListMethodsResponse, Refusal> {
        Ok(v1::ListMethodsResponse { methods: applied().iter().map(message).collect() })
    }

    /// One method.
    pub fn get_method(
        &self,
        _: &Permit<Read>,
        request: &v1::GetMethodRequest,
        _: Moment,
    ) -> Result<v1::GetMethodResponse, Refusal> {
        let method = method_named(&request.code).ok_or_else(|| unknown_method(&request.code))?;
        Ok(v1::GetMethodResponse { method: Some(message(&method)) })
    }

    /// Groups of areas.
    pub fn list_groups(
        &self,
        _: &Permit<Read>,
        request: &v1::ListGroupsRequest,
        _: Moment,
    ) -> Result<v1::ListGroupsResponse, Refusal> {
        let page = Page::read(request.page_size.min(GROUPS_MAX), &request.page_token)?;
        let day = day("day", &request.day)?;
        let groups = self.area_groups()?;
        let named: Vec<_> =
            groups.ids().filter(|id| request.group.is_empty() || ***id == *request.group).collect();
        if named.is_empty() && !request.group.is_empty() {
            let text = format!("{:?} is no group: `mighub groups` shows those there are", request.group);
            return Err(Refusal::malformed("group", text));
        }
        let (named, next_page_token) = page.cut(named, ToString::to_string);
        let group = |id: &std::sync::Arc<str>| v1::AreaGroup {
            code: id.to_string(),
            members: groups
                .memberships(id)
                .unwrap_or_default()
                .iter()
                .filter(|member| day.is_none_or(|day| member.on(day)))
                .map(membership)
                .collect(),
        };
        Ok(v1::ListGroupsResponse { groups: named.into_iter().map(group).collect(), next_page_token })
    }
}

/// The methods that derived figures are made with.
pub(super) fn applied() -> Vec<Method> {
    Method::defaults()
}

pub(super) fn method_named(code: &str) -> Option<Method> {
    applied().into_iter().find(|method| method.code() == code)
}

pub(super) fn unknown_method(code: &str) -> Refusal {
    let text = format!("the hub applies no method {code:?}: `mighub methods` shows those it does");
    Refusal::new(ErrorReason::UnknownMethod, text)
}

fn membership(member: &Member) -> v1::GroupMember {
    let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    v1::GroupMember {
        code: member.code.to_string(),
        from: text(member.from),
        to: text(member.to),
        source: member.source.as_deref().unwrap_or_default().to_owned(),
        at_latest: member.at_latest,
    }
}
