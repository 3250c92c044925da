// Certificates, read and signed with.
#include "credentials/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <set>

#include "credentials/testing.hpp"

namespace holdfast::credentials {
namespace {

using namespace testing;

template <typename Write>
std::string written(Write write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    auto const size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
}

/// One of four keys in turn: making one takes a while, and no test needs more that differ.
EVP_PKEY* next_key() {
    static EVP_PKEY* const keys[] = {EVP_RSA_gen(2048), EVP_RSA_gen(2048), EVP_RSA_gen(2048), EVP_RSA_gen(2048)};
    static std::size_t turn = 0;
    auto* const key = keys[turn++ % std::size(keys)];
    EVP_PKEY_up_ref(key);
    return key;
}

/// A key, and a certificate by itself or by an issuer.
struct Made {
    X509* certificate = X509_new();
    EVP_PKEY* key;
    explicit Made(char const* name = "leaf", Made const* issuer = nullptr, EVP_PKEY* of = next_key(),
                  long ends_in_s = 3'600)
        : key(of) {
        static long serial = 0;
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
        // As seen on the day that these tests are set in.
        ASN1_TIME_set(X509_getm_notAfter(certificate),
                      std::chrono::duration_cast<std::chrono::seconds>(noon.time_since_epoch()).count() + ends_in_s);
        X509_set_pubkey(certificate, key);
        auto* const subject = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(name), -1, -1,
                                   0);
        X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer->certificate) : subject);
        auto* const authority =
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, const_cast<char*>("critical,CA:TRUE"));
        X509_add_ext(certificate, authority, -1);
        X509_EXTENSION_free(authority);
        X509_sign(certificate, issuer ? issuer->key : key, EVP_sha256());
    }
    Made(Made const&) = delete;
    ~Made() {
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
    std::string key_pem(char const* password = nullptr) const {
        return written([&](BIO* out) {
            PEM_write_bio_PKCS8PrivateKey(out, key, password ? EVP_aes_256_cbc() : nullptr, password,
                                          password ? static_cast<int>(std::string_view(password).size()) : 0, nullptr,
                                          nullptr);
        });
    }
    std::string certificate_pem() const {
        return written([&](BIO* out) { PEM_write_bio_X509(out, certificate); });
    }
    std::string pem() const { return key_pem() + certificate_pem(); }
    std::string der() const {
        return written([&](BIO* out) { i2d_X509_bio(out, certificate); });
    }
    std::string pfx(char const* password, std::vector<Made const*> others = {}, int key_cipher = 0,
                    int certificate_cipher = 0, int rounds = 2'048) const {
        STACK_OF(X509)* rest = sk_X509_new_null();
        for (auto const* other : others) sk_X509_push(rest, other->certificate);
        PKCS12* const made =
            PKCS12_create(password, "name", key, certificate, rest, key_cipher, certificate_cipher, rounds, rounds, 0);
        sk_X509_free(rest);
        if (made == nullptr) return {};
        auto text = written([&](BIO* out) { i2d_PKCS12_bio(out, made); });
        PKCS12_free(made);
        return text;
    }
};

Result<Certificate> read(std::string content, std::string password = {}) {
    return Certificate::read(base::Secret(std::move(content)), base::Secret(std::move(password)));
}

bool verifies(EVP_PKEY* key, std::string const& assertion, bool pss) {
    auto const dot = assertion.rfind('.');
    auto const text = assertion.substr(0, dot), signature = *base::from_base64(assertion.substr(dot + 1));
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* options = nullptr;
    EVP_DigestVerifyInit(context, &options, EVP_sha256(), nullptr, key);
    if (pss) {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32);
    }
    int const good =
        EVP_DigestVerify(context, reinterpret_cast<unsigned char const*>(signature.data()), signature.size(),
                         reinterpret_cast<unsigned char const*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    return good == 1;
}

TEST(Certificate, signs_an_assertion_that_its_public_key_verifies) {
    Made const root("root"), middle("middle", &root), leaf("leaf", &middle);
    auto const file = root.certificate_pem() + leaf.key_pem() + leaf.certificate_pem() + middle.certificate_pem();
    for (bool const rs256 : {false, true})
        for (bool const send_chain : {false, true}) {
            Bench bench;
            CertificateProof proof;
            proof.content = base::Secret(file);
            proof.rs256 = rs256;
            proof.send_chain = send_chain;
            auto credential = client_certificate(cloud, application, std::move(proof));
            ASSERT_TRUE(credential) << credential.error().what;
            bench.grant("one", 3600);
            auto const token = bench.token(**credential);
            ASSERT_TRUE(token) << token.error().what;
            auto const form = form_of(bench.script.asked[0]);
            EXPECT_EQ(form.at("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
            auto const assertion = form.at("client_assertion");
            auto const parts = base::split(assertion, '.');
            ASSERT_EQ(parts.size(), 3u);
            auto const head = *json::parse(*base::from_base64(parts[0]));
            auto const claims = *json::parse(*base::from_base64(parts[1]));
            EXPECT_TRUE(verifies(leaf.key, assertion, !rs256));
            EXPECT_EQ(*json::text_at(head, "alg"), rs256 ? "RS256" : "PS256");
            EXPECT_EQ(json::text_at(head, "x5t").value_or(""), rs256 ? base::base64url(base::sha1(leaf.der())) : "");
            EXPECT_EQ(json::text_at(head, "['x5t#S256']").value_or(""),
                      rs256 ? "" : base::base64url(base::sha256(leaf.der())));
            json::Array chain;
            if (send_chain)
                for (auto const* one : {&leaf, &middle, &root}) chain.emplace_back(base::base64(one->der()));
            EXPECT_EQ(json::list_at(head, "x5c"), chain) << "the leaf first, each followed by its issuer";
            EXPECT_EQ(*json::text_at(claims, "aud"),
                      "https://login.microsoftonline.com/" + application.tenant + "/oauth2/v2.0/token");
            EXPECT_EQ(*json::text_at(claims, "iss"), application.client_id);
            EXPECT_EQ(*json::text_at(claims, "sub"), application.client_id);
            EXPECT_EQ(*json::whole_at(claims, "exp") - *json::whole_at(claims, "nbf"), 600);
        }
}

TEST(Certificate, an_assertion_is_used_once) {
    Bench bench;
    Made const made;
    CertificateProof proof;
    proof.content = base::Secret(made.pem());
    auto const credential = client_certificate(cloud, application, std::move(proof));
    ASSERT_TRUE(credential);
    bench.script.answers.push_back(base::fail(ErrorCode::connection_lost, "the answer was lost"));
    bench.answer(503, "");
    bench.grant("one", 3600);
    EXPECT_TRUE(bench.token(**credential));
    std::set<std::string> ids;
    for (auto const& request : bench.script.asked) {
        auto const parts = base::split(form_of(request).at("client_assertion"), '.');
        ids.emplace(*json::text_at(*json::parse(*base::from_base64(parts[1])), "jti"));
    }
    EXPECT_EQ(ids.size(), 3u) << "a server that saw the first one refuses it when it comes again";
}

TEST(Certificate, is_read_from_every_kind_of_file) {
    Made const issuer("issuer"), made("leaf", &issuer);
    struct Row {
        char const* name;
        std::string content, password;
        std::size_t chain;
    };
    int const strong = NID_aes_256_cbc, middling = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
    for (auto const& row : {
             Row{"PEM", made.pem(), "", 1},
             Row{"PEM, certificate first, with issuer",
                 made.certificate_pem() + issuer.certificate_pem() + made.key_pem(), "", 2},
             Row{"PEM with an encrypted key", made.key_pem("pass") + made.certificate_pem(), "pass", 1},
             Row{"PFX of today", made.pfx("pass", {&issuer}, strong, strong), "pass", 2},
             Row{"PFX of Windows", made.pfx("pass", {&issuer}, middling, middling), "pass", 2},
             Row{"PFX without a password", made.pfx(""), "", 1},
             Row{"PFX with letters beyond ASCII in the password", made.pfx("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f",
                 1},
         }) {
        auto const certificate = read(row.content, row.password);
        ASSERT_TRUE(certificate) << row.name << ": " << certificate.error().what;
        EXPECT_EQ(certificate->der(), made.der()) << row.name;
        EXPECT_EQ(certificate->chain().size(), row.chain) << row.name;
    }
}

TEST(Certificate, of_openssl_1_with_its_old_cipher_opens_too) {
    // `openssl pkcs12 -export` of OpenSSL 1 protects certificates with 40 bits of RC2. Made here with the old ciphers
    // loaded.
    auto* const context = OSSL_LIB_CTX_new();
    auto* const old = OSSL_PROVIDER_load(context, "legacy");
    if (old == nullptr) GTEST_SKIP() << "this OpenSSL comes without its old ciphers";
    auto* const usual = OSSL_PROVIDER_load(context, "default");
    Made const made;
    PKCS12* const pfx = PKCS12_create_ex(const_cast<char*>("pass"), const_cast<char*>("n"), made.key, made.certificate,
                                         nullptr, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                         NID_pbe_WithSHA1And40BitRC2_CBC, 2'048, 1, 0, context, nullptr);
    ASSERT_NE(pfx, nullptr);
    auto const content = written([&](BIO* out) { i2d_PKCS12_bio(out, pfx); });
    PKCS12_free(pfx);
    OSSL_PROVIDER_unload(usual);
    OSSL_PROVIDER_unload(old);
    OSSL_LIB_CTX_free(context);
    auto const certificate = read(content, "pass");
    ASSERT_TRUE(certificate) << certificate.error().what;
    EXPECT_EQ(certificate->der(), made.der());
}

TEST(Certificate, what_cannot_be_used_says_why) {
    Made const made, other, curve("curve", nullptr, EVP_EC_gen("P-256"));
    struct Row {
        std::string content, password;
        char const* says;
    };
    auto const whole = made.pfx("pass");
    for (auto const& row : {
             Row{"nonsense", "", "neither PEM nor PKCS#12"},
             Row{"", "", "neither PEM nor PKCS#12"},
             Row{std::string(300'000, 'x'), "", "larger than 256 KB"},
             Row{made.certificate_pem(), "", "no readable private key"},
             Row{made.key_pem(), "", "no certificate in the file belongs to its key"},
             Row{made.key_pem() + other.certificate_pem(), "", "no certificate in the file belongs to its key"},
             Row{made.key_pem("pass") + made.certificate_pem(), "", "is encrypted and does not open"},
             Row{made.key_pem("pass") + made.certificate_pem(), "wrong", "is encrypted and does not open"},
             Row{whole, "", "wants a password"},
             Row{whole, "wrong", "password is wrong"},
             Row{whole.substr(0, whole.size() / 2), "pass", "neither PEM nor PKCS#12"},
             Row{made.pfx("pass", {}, 0, 0, 1'000'001), "pass", "more than a million rounds"},
             Row{curve.pem(), "", "not an RSA key"},
         }) {
        auto const refused = read(row.content, row.password);
        ASSERT_FALSE(refused) << row.says;
        EXPECT_EQ(refused.error().code, ErrorCode::sign_in);
        EXPECT_NE(refused.error().what.find(row.says), std::string::npos)
            << refused.error().what << ", not " << row.says;
        EXPECT_FALSE(refused.error().fix.empty());
    }
    EXPECT_TRUE(read(made.key_pem() + other.certificate_pem() + made.certificate_pem()))
        << "the leaf is found among others";
}

TEST(Certificate, that_expired_is_told_before_anybody_is_asked) {
    Bench bench;
    Made const made("leaf", nullptr, next_key(), 60);
    CertificateProof proof;
    proof.content = base::Secret(made.pem());
    auto const credential = client_certificate(cloud, application, std::move(proof));
    ASSERT_TRUE(credential);
    bench.pass(61s);
    auto const refused = bench.token(**credential);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().what, "the certificate expired at 2026-11-24T12:01:00Z");
    EXPECT_TRUE(bench.script.asked.empty());
}

}  // namespace
}  // namespace holdfast::credentials
