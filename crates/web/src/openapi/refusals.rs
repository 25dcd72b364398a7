//! The refusals that many routes share, added to each by rule, so that no route can forget one.
//!
//! A body may be unreadable wherever there is one, a change may come from another site's page, and a store may be out of
//! reach wherever one is asked. What a route says itself about a status stays as it says it.

use http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder};

/// A refusal that several routes may answer with.
struct Refusal {
    status: &'static str,
    /// In `components.responses`.
    name: &'static str,
    description: &'static str,
    applies: fn(&Asked) -> bool,
}

/// What the rules look at.
struct Asked {
    changes: bool,
    has_body: bool,
    has_query: bool,
    names_channel: bool,
    /// Routes of the tag `site` answer from memory.
    asks_store: bool,
}

const SHARED: &[Refusal] = &[
    Refusal {
        status: "400",
        name: "Malformed",
        description: "`malformed`: the body is not JSON",
        applies: |asked| asked.has_body,
    },
    Refusal {
        status: "403",
        name: "CrossSite",
        description: "`cross_site`: a browser says that the request comes from another site's page",
        applies: |asked| asked.changes,
    },
    Refusal {
        status: "404",
        name: "NoSuchChannel",
        description: "`no_such_channel`",
        applies: |asked| asked.names_channel,
    },
    Refusal {
        status: "408",
        name: "Late",
        description: "`timeout`: the body did not arrive in time",
        applies: |asked| asked.has_body,
    },
    Refusal {
        status: "413",
        name: "TooLarge",
        description: "`too_large`: the body is longer than what is taken",
        applies: |asked| asked.has_body,
    },
    Refusal {
        status: "415",
        name: "UnsupportedMediaType",
        description: "`unsupported_media_type`: the body's media type is not taken here",
        applies: |asked| asked.has_body,
    },
    Refusal {
        status: "422",
        name: "Invalid",
        description: "`invalid`, with `errors`: a field is missing, unknown or of the wrong type",
        applies: |asked| asked.has_body || asked.has_query,
    },
    Refusal {
        status: "503",
        name: "Unavailable",
        description: "`unavailable`, `busy`, `draining`: try again after `Retry-After`",
        applies: |asked| asked.asks_store,
    },
];

/// Completes every operation of `document`.
pub(super) fn add_to(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(&method, path, operation);
        }
    }
    let components = document.components.get_or_insert_default();
    for refusal in SHARED {
        components.responses.insert(refusal.name.to_owned(), RefOr::T(refusal.response()));
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn complete(method: &Method, path: &str, operation: &mut Operation) {
    let asked = Asked {
        changes: !method.is_safe(),
        has_body: operation.request_body.is_some(),
        has_query: operation.parameters.iter().flatten().any(is_in_query),
        names_channel: path.contains("/channels/{name}"),
        asks_store: !operation.tags.iter().flatten().any(|tag| tag == "site"),
    };
    for refusal in SHARED.iter().filter(|refusal| (refusal.applies)(&asked)) {
        let responses = &mut operation.responses.responses;
        responses.entry(refusal.status.to_owned()).or_insert_with(|| refusal.reference());
    }
}

fn is_in_query(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query)
}

impl Refusal {
    fn response(&self) -> Response {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        ResponseBuilder::new()
            .description(self.description)
            .content("application/problem+json", problem)
            .build()
    }
    fn reference(&self) -> RefOr<Response> {
        RefOr::Ref(Ref::from_response_name(self.name))
    }
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::path::{HttpMethod, OperationBuilder};
    use utoipa::openapi::request_body::RequestBody;
    use utoipa::openapi::{OpenApiBuilder, PathsBuilder};

    use super::*;

    /// Statuses that are documented for an operation that itself says one.
    fn documented(method: HttpMethod, path: &str, tag: &str, body: bool) -> Vec<String> {
        let operation = OperationBuilder::new()
            .tag(tag)
            .request_body(body.then(RequestBody::new))
            .response("422", Response::new("its own words"))
            .build();
        let paths = PathsBuilder::new().path(path, PathItem::new(method, operation)).build();
        let mut document = OpenApiBuilder::new().paths(paths).build();
        add_to(&mut document);
        let mut item = document.paths.paths.swap_remove(path).expect("the only path");
        let (_, operation) = operations(&mut item).next().expect("the only operation");
        let own = &operation.responses.responses["422"];
        assert!(matches!(own, RefOr::T(own) if own.description == "its own words"));
        operation.responses.responses.keys().cloned().collect()
    }

    #[test]
    fn each_operation_gets_the_refusals_that_it_may_answer_with() {
        let channel = "/channels/{name}/x";
        assert_eq!(documented(HttpMethod::Get, "/x", "site", false), ["422"]);
        assert_eq!(documented(HttpMethod::Get, "/x", "streams", false), ["422", "503"]);
        assert_eq!(documented(HttpMethod::Delete, "/x", "streams", false), ["403", "422", "503"]);
        let all = ["400", "403", "404", "408", "413", "415", "422", "503"];
        assert_eq!(documented(HttpMethod::Post, channel, "streams", true), all);
    }
}
