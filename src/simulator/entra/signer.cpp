#include "simulator/entra/signer.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cassert>
#include <mutex>

#include "simulator/openssl.hpp"

namespace holdfast::simulator::entra {
namespace {

using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;

std::string number(EVP_PKEY const* key, char const* parameter) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1) return {};
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    BN_free(number);
    return base::base64url(bytes);
}

bool verified(EVP_PKEY* key, bool pss, std::string_view bytes, std::string_view signature) {
    Digest const context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;
    if (EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, key) != 1) return false;
    if (pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_AUTO) != 1))
        return false;
    return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(bytes), bytes.size()) == 1;
}

}  // namespace

struct Signer::Key {
    std::string pem;
    Pkey pkey;
    Public shown;

    explicit Key(std::string text) : pem(std::move(text)) {
        Bio const in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
        pkey.reset(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
        if (!right()) return;
        shown.modulus = number(pkey.get(), OSSL_PKEY_PARAM_RSA_N);
        shown.exponent = number(pkey.get(), OSSL_PKEY_PARAM_RSA_E);
        shown.key_id = base::base64url(base::sha256(shown.modulus)).substr(0, 27);
    }
    bool right() const { return pkey && EVP_PKEY_get_base_id(pkey.get()) == EVP_PKEY_RSA; }

    /// Worlds of one process share their key: reading it, and blinding it for its first signature, cost more than a
    /// signature does.
    static std::shared_ptr<Key const> of(std::string const& pem) {
        static std::mutex guard;
        static std::shared_ptr<Key const> last;
        std::scoped_lock const lock(guard);
        if (!last || last->pem != pem) last = std::make_shared<Key const>(pem);
        return last;
    }
};

Signer::Signer() = default;
Signer::~Signer() = default;

std::string Signer::new_key_pem() {
    static std::string const pem = [] {
        Pkey const key(EVP_RSA_gen(2048));
        Bio const out(BIO_new(BIO_s_mem()));
        PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        char* data = nullptr;
        auto const size = BIO_get_mem_data(out.get(), &data);
        return std::string(data, static_cast<std::size_t>(size));
    }();
    return pem;
}

bool Signer::load(std::string const& pem) {
    auto key = Key::of(pem);
    if (!key->right()) return false;
    key_ = std::move(key);
    return true;
}

Signer::Public const& Signer::published() const {
    static Public const none;
    return key_ ? key_->shown : none;
}

std::string Signer::sign(std::string_view bytes) const {
    assert(key_ && "the world has a signing key");
    Digest const context(EVP_MD_CTX_new());
    std::size_t size = 0;
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_->pkey.get());
    EVP_DigestSign(context.get(), nullptr, &size, bytes_of(bytes), bytes.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(bytes),
                   bytes.size());
    signature.resize(size);
    return signature;
}

bool Signer::verify(std::string_view bytes, std::string_view signature) const {
    return key_ && verified(key_->pkey.get(), false, bytes, signature);
}

bool signed_by_certificate(std::string const& certificate_pem, std::string_view algorithm, std::string_view bytes,
                           std::string_view signature) {
    if (algorithm != "RS256" && algorithm != "PS256") return false;
    Bio const in(BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
    Certificate const certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
    if (!certificate) return false;
    Pkey const key(X509_get_pubkey(certificate.get()));
    return key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA &&
           verified(key.get(), algorithm == "PS256", bytes, signature);
}

}  // namespace holdfast::simulator::entra
