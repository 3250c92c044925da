/// signer: the key Entra signs its tokens with. RS256 only.
#pragma once

#include <memory>

#include "base/base.hpp"

namespace holdfast::simulator::entra {

class Signer {
public:
    Signer();
    ~Signer();
    Signer(Signer const&) = delete;
    Signer& operator=(Signer const&) = delete;

    /// A new key. Worlds made by one process share it: making one costs a tenth of a second.
    static std::string new_key_pem();
    bool load(std::string const& pem);

    std::string sign(std::string_view bytes) const;
    bool verify(std::string_view bytes, std::string_view signature) const;
    struct Public {
        std::string key_id, modulus, exponent;  ///< base64url, as JWKS has them
    };
    Public const& published() const;

private:
    struct Key;
    std::shared_ptr<Key const> key_;
};

/// Whether the certificate's key made this signature (RS256 or PS256).
bool signed_by_certificate(std::string const& certificate_pem, std::string_view algorithm, std::string_view bytes,
                           std::string_view signature);

}  // namespace holdfast::simulator::entra
