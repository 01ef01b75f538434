/// What is in the names under which secrets are sent and kept, as [`bare`] writes them.
const PARTS: [&str; 14] = [
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "jwt",
    "key",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "secret",
    "sessionid",
    "token",
];
/// How other such names end.
const ENDINGS: [&str; 3] = ["auth", "pwd", "signature"];
/// Names that say so only as a whole: `passport` and `design` hold no secret.
const WHOLE: [&str; 4] = ["pass", "pin", "sig", "sid"];
/// Words that have such a part in them and hold no secret.
const HARMLESS: [&str; 19] = [
    "cookieconsent",
    "donkey",
    "foreignkey",
    "hockey",
    "jockey",
    "keyboard",
    "keyframe",
    "keynote",
    "keypad",
    "keystroke",
    "keyword",
    "monkey",
    "primarykey",
    "publickey",
    "secretary",
    "tokencount",
    "tokentype",
    "turkey",
    "whiskey",
];
/// Names that are hidden wherever they stand in a plan, also among those that the plan gives to its own things.
const CERTAIN: [&str; 8] =
    ["apikey", "authorization", "bearer", "cookie", "password", "proxyauthorization", "token", "xapikey"];

/// Whether what is sent under this name (a header, a parameter, a field, a cookie) or kept under it (a var, a column) is
/// most likely a secret. Case and punctuation do not count.
pub(crate) fn holds_secret(name: &str) -> bool {
    let mut bare = bare(name);
    if WHOLE.contains(&bare.as_str()) || ENDINGS.iter().any(|ending| bare.ends_with(ending)) {
        return true;
    }
    if !PARTS.iter().any(|part| bare.contains(part)) {
        return false;
    }
    for word in HARMLESS {
        if bare.contains(word) {
            bare = bare.replace(word, " ");
        }
    }
    PARTS.iter().any(|part| bare.contains(part))
}

/// Whether a key of a plan holds a secret wherever it stands, also among names that the plan gives itself: an endpoint
/// may be called `auth`, and a feed `credentials`.
pub(super) fn certainly_holds_secret(key: &str) -> bool {
    CERTAIN.contains(&bare(key).as_str())
}

/// A name without what writes it in one way or another: `X-API-Key` and `x_api_key` are one.
pub(super) fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_is_secret_are_known_in_every_way_of_writing_them() {
        for name in [
            "password",
            "Password",
            "bearer",
            "token",
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "set-cookie",
            "x-api-key",
            "api_key",
            "apiKey",
            "x-csrf-token",
            "access_token",
            "refreshToken",
            "X-Auth",
            "auth",
            "jwt",
            "clientSecret",
            "client_secret",
            "new_password",
            "passwd",
            "aws-access-key",
            "PHPSESSIONID",
            "credentials",
            "X-Hub-Signature",
            "sig",
            "pwd",
            "pass",
            "key",
            "api_key_id",
            "tokenValue",
            "my_secret_name",
            "tokens",
            "X-Key-2",
            "cookies",
            "private.key",
        ] {
            assert!(holds_secret(name), "{name}");
        }
    }

    #[test]
    fn words_that_only_sound_like_it_are_not() {
        for name in [
            "",
            "accept",
            "page",
            "design",
            "compass",
            "passport",
            "token_count",
            "author",
            "authority",
            "secretary",
            "X-Request-Id",
            "user",
            "grant_type",
            "keyword",
            "Keyboard",
            "monkey",
            "primary_key",
            "token_type",
        ] {
            assert!(!holds_secret(name), "{name}");
        }
    }

    #[test]
    fn what_is_hidden_anywhere_is_hidden_where_it_is_sent() {
        for name in CERTAIN {
            assert!(holds_secret(name) && certainly_holds_secret(name), "{name}");
        }
        assert!(!certainly_holds_secret("credentials"));
    }
}
