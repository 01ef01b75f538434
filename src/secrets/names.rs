/// Names that are hidden wherever they stand in a plan, as [`bare`] writes them.
const CERTAIN: [&str; 8] =
    ["apikey", "authorization", "bearer", "cookie", "password", "proxyauthorization", "token", "xapikey"];
/// Names of what is sent that say so only as a whole: `passport` and `design` hold no secret.
const WHOLE: [&str; 4] = ["pass", "pwd", "setcookie", "sig"];
/// How names of what is sent end.
const ENDINGS: [&str; 11] = [
    "accesskey",
    "apikey",
    "auth",
    "credentials",
    "jwt",
    "passwd",
    "password",
    "secret",
    "sessionid",
    "signature",
    "token",
];

/// Whether what is sent under this name (a header, a parameter, a field, a cookie) or kept under it (a var) is most
/// likely a secret. Case and punctuation do not count.
pub(crate) fn holds_secret(name: &str) -> bool {
    let bare = bare(name);
    CERTAIN.contains(&bare.as_str())
        || WHOLE.contains(&bare.as_str())
        || ENDINGS.iter().any(|ending| bare.ends_with(ending))
}

/// The same for a parameter of a query, where `key` is the usual name of an API's key.
pub(crate) fn holds_secret_in_query(name: &str) -> bool {
    name == "key" || holds_secret(name)
}

/// Whether a key of a plan holds a secret wherever it stands, also among names that the plan gives itself: an endpoint
/// may be called `auth`, and a feed `credentials`.
pub(super) fn certainly_holds_secret(key: &str) -> bool {
    CERTAIN.contains(&bare(key).as_str())
}

fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each name: whether it holds a secret where something is sent, in a query, and anywhere in a plan.
    const TABLE: [(&str, bool, bool, bool); 48] = [
        ("password", true, true, true),
        ("Password", true, true, true),
        ("bearer", true, true, true),
        ("token", true, true, true),
        ("authorization", true, true, true),
        ("Authorization", true, true, true),
        ("proxy-authorization", true, true, true),
        ("cookie", true, true, true),
        ("Cookie", true, true, true),
        ("x-api-key", true, true, true),
        ("X-API-Key", true, true, true),
        ("api_key", true, true, true),
        ("apiKey", true, true, true),
        ("set-cookie", true, true, false),
        ("x-csrf-token", true, true, false),
        ("access_token", true, true, false),
        ("refreshToken", true, true, false),
        ("X-Auth", true, true, false),
        ("auth", true, true, false),
        ("jwt", true, true, false),
        ("clientSecret", true, true, false),
        ("client_secret", true, true, false),
        ("new_password", true, true, false),
        ("passwd", true, true, false),
        ("aws-access-key", true, true, false),
        ("PHPSESSIONID", true, true, false),
        ("X-Hub-Signature", true, true, false),
        ("credentials", true, true, false),
        ("sig", true, true, false),
        ("pwd", true, true, false),
        ("pass", true, true, false),
        ("key", false, true, false),
        ("Key", false, false, false),
        ("primary_key", false, false, false),
        ("", false, false, false),
        ("accept", false, false, false),
        ("page", false, false, false),
        ("design", false, false, false),
        ("compass", false, false, false),
        ("passport", false, false, false),
        ("token_count", false, false, false),
        ("author", false, false, false),
        ("authority", false, false, false),
        ("secretary", false, false, false),
        ("cookies", false, false, false),
        ("X-Request-Id", false, false, false),
        ("user", false, false, false),
        ("grant_type", false, false, false),
    ];

    #[test]
    fn each_name_of_the_table_holds_a_secret_or_does_not() {
        for (name, sent, in_query, in_plan) in TABLE {
            assert_eq!(holds_secret(name), sent, "`{name}` where it is sent");
            assert_eq!(holds_secret_in_query(name), in_query, "`{name}` in a query");
            assert_eq!(certainly_holds_secret(name), in_plan, "`{name}` in a plan");
        }
    }

    #[test]
    fn what_is_hidden_anywhere_is_hidden_where_it_is_sent() {
        for name in CERTAIN {
            assert!(holds_secret(name), "{name}");
        }
    }
}
