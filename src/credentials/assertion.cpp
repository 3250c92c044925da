#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "credentials/signing.hpp"

namespace holdfast::credentials {

namespace {

template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

Bio reading(base::Secret const& pem) {
    return Bio(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
}

/// A protected key is refused instead of asking on the terminal.
int no_password(char*, int, int, void*) { return 0; }

tl::unexpected<base::Error> unusable(std::string what, std::string fix) {
    ERR_clear_error();
    return base::fail(base::ErrorCode::sign_in, std::move(what), std::move(fix));
}

}  // namespace

Result<std::string> client_assertion(base::Secret const& pem, std::string const& client_id,
                                     std::string const& token_url, base::Time now, std::string const& id) {
    Key const key(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, no_password, nullptr));
    if (!key)
        return unusable("the certificate file holds no readable private key",
                        "give a PEM file with an unprotected key and the certificate");
    if (EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA)
        return unusable("the certificate's key is not an RSA key", "Entra wants RSA for client certificates");

    Certificate leaf;
    auto const input = reading(pem);
    while (Certificate one{PEM_read_bio_X509(input.get(), nullptr, no_password, nullptr)})
        if (X509_check_private_key(one.get(), key.get()) == 1) {
            leaf = std::move(one);
            break;
        }
    ERR_clear_error();
    if (!leaf)
        return unusable("no certificate in the file belongs to its key", "put key and certificate in one PEM file");

    unsigned char* der = nullptr;
    int const length = i2d_X509(leaf.get(), &der);
    if (length <= 0) return unusable("the certificate cannot be encoded", {});
    std::string const bytes(reinterpret_cast<char const*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);

    auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    json::Object header{{"alg", "RS256"}, {"typ", "JWT"}, {"x5t", base::base64url(base::sha1(bytes))}};
    json::Object claims{{"aud", token_url}, {"iss", client_id}, {"sub", client_id},
                        {"jti", id},        {"nbf", seconds},   {"exp", seconds + 600}};
    auto const signed_part = base::base64url(json::write(header)) + "." + base::base64url(json::write(claims));

    Digest const digest(EVP_MD_CTX_new());
    std::size_t size = 0;
    auto const* data = reinterpret_cast<unsigned char const*>(signed_part.data());
    if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
        EVP_DigestSign(digest.get(), nullptr, &size, data, signed_part.size()) != 1)
        return unusable("the assertion cannot be signed", {});
    std::string signature(size, '\0');
    if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                       signed_part.size()) != 1)
        return unusable("the assertion cannot be signed", {});
    signature.resize(size);
    return signed_part + "." + base::base64url(signature);
}

}  // namespace holdfast::credentials
