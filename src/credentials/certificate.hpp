/// certificate: a private key, its certificate, and the assertion that proves both. Private to this room.
#pragma once

#include "credentials/tokens.hpp"

namespace holdfast::credentials {

class Certificate {
public:
    /// PEM in any order, or PKCS#12 (also the old ciphers that Windows and OpenSSL 1 wrote). At most 256 KB, one
    /// million rounds of key derivation. Refuses what could not sign.
    static Result<Certificate> read(base::Secret const& content, base::Secret const& password);

    std::string const& der() const { return chain_.front(); }
    std::vector<std::string> const& chain() const { return chain_; }  ///< DER, the leaf first, then its issuers
    base::Time valid_from() const { return from_; }
    base::Time valid_until() const { return until_; }
    /// RSASSA-PSS or PKCS#1 v1.5, both with SHA-256.
    Result<std::string> sign(std::string_view text, bool pss) const;

private:
    struct Key;
    std::shared_ptr<Key const> key_;  // shared by copies; the file's text is not kept
    std::vector<std::string> chain_;
    base::Time from_, until_;
};

struct AssertionStyle {
    bool rs256 = false;
    bool send_chain = false;
};
/// A JWT that proves possession of the key to Entra: good for ten minutes and one use, its `id`.
Result<std::string> client_assertion(Certificate const&, AssertionStyle, std::string const& client_id,
                                     std::string const& token_url, base::Time now, std::string const& id);

}  // namespace holdfast::credentials
