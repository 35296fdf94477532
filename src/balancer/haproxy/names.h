// Names and quoting for HAProxy's configuration and runtime API. The renderer and the supervisor use them.
//
// What always holds: whatever bytes come in, what goes out contains no space, quote, newline, semicolon, backslash
// sequence or bracket that either parser would act on. The same id gives the same name in every run (adoption needs
// it).
#pragma once

#include <string>
#include <string_view>

namespace balancer {

/// "tg_web_1a2b3c4d": a readable part and a hash of the whole id.
std::string proxy_name(std::string_view prefix, std::string_view readable, std::string_view id);
/// A server's name: the member's id with unusual characters replaced (and then a hash added).
std::string server_name(std::string_view member_id);
/// A regular expression, to be anchored, for an ALB pattern: * is any run of `any`, ? one of it. Safe inside single
/// quotes. Clients choose the text: it is looked through once for each star, and never again from another place.
std::string glob_to_regex(std::string_view pattern, std::string_view any = ".");
/// Every byte but letters and digits as \xHH, for PCRE.
std::string regex_literal(std::string_view text);
/// One argument in HAProxy's configuration, in single quotes; control characters (newline, NUL) are dropped.
std::string quoted(std::string_view text);
/// The same for a log-format string: % doubled, so that nothing in it is evaluated.
std::string quoted_format(std::string_view text);
/// A sample fetch of what an HTTP token names (`req.cook`: a cookie). Nothing but a token may stand in its parentheses.
std::string quoted_fetch(std::string_view fetch, std::string_view token);
/// "10.0.0.0/8", "2001:db8::/32" or an address.
bool is_cidr(std::string_view text);
/// 32-bit FNV-1a, eight hexadecimal digits.
std::string short_hash(std::string_view text);

}  // namespace balancer
