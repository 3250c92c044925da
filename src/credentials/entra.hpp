/// entra: requests to the token endpoint. Private to this room.
#pragma once

#include "credentials/tokens.hpp"

namespace holdfast::credentials {

std::string scope_of(std::string audience);  ///< v2 scope: the audience and "/.default"
std::string token_url(Cloud const&, Application const&);
std::string device_code_url(Cloud const&, Application const&);

/// Form fields as they are sent; values may be secret, so the whole is.
class Form {
public:
    Form();
    Form& add(std::string_view name, std::string_view value);
    base::Secret take();

private:
    std::string text_;
};
using MakeForm = std::function<Result<Form>()>;  ///< one for each attempt

/// The fields that every grant of an application's own carries: who, for what, and that challenges are understood.
Form application_form(Application const&, Wanted const&);
/// The same, proved by a signed assertion.
Form assertion_form(Application const&, Wanted const&, std::string_view assertion);

/// What the `claims` parameter says: that this client understands challenges (capability CP1), and the challenge.
std::string claims_parameter(std::string const& challenge);

world::Request form_request(std::string url, Form form, base::Prng& prng);
Task<Result<Token>> ask_entra(std::string url, MakeForm make, std::string who, int attempts, world::World* world);

}  // namespace holdfast::credentials
