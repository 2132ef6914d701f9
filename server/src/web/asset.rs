//! Styles, script and mark: parts of the program, under names that change with their content, so that browsers may keep
//! them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

/// Characters of the digest in a name.
const DIGEST_CHARACTERS: usize = 12;
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A file that pages refer to.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static [u8],
}

/// All of them. Whoever adds a page with a script of its own adds it here.
const ASSETS: [Asset; 3] = [
    Asset {
        name: "mighub.css",
        media_type: "text/css; charset=utf-8",
        content: include_bytes!("assets/mighub.css"),
    },
    Asset {
        name: "mighub.js",
        media_type: "text/javascript; charset=utf-8",
        content: include_bytes!("assets/mighub.js"),
    },
    Asset { name: "mark.svg", media_type: "image/svg+xml", content: include_bytes!("assets/mark.svg") },
];

static ADDRESSES: LazyLock<Vec<String>> = LazyLock::new(|| ASSETS.iter().map(Asset::address).collect());

impl Asset {
    fn address(&self) -> String {
        let digest = blake3::hash(self.content).to_hex();
        let (stem, ending) = self.name.split_once('.').unwrap_or((self.name, ""));
        format!("/assets/{stem}.{}.{ending}", &digest[..DIGEST_CHARACTERS])
    }
}

/// Where a file is; where nothing is, if there is no such file, which a test of every page's links finds.
pub(crate) fn address(name: &str) -> &'static str {
    let place = ASSETS.iter().position(|asset| asset.name == name);
    place.map_or("/assets/unknown", |place| &ADDRESSES[place])
}

/// `/assets/{file}`.
pub(super) async fn serve(Path(file): Path<String>) -> Response {
    let asked = format!("/assets/{file}");
    let Some(place) = ADDRESSES.iter().position(|address| *address == asked) else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let asset = &ASSETS[place];
    let mut response = asset.content.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    response.headers_mut().insert(CACHE_CONTROL, FOR_EVER);
    response
}
