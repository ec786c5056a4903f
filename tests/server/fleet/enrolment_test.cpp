// Enrolment over real connections: a key that its device made, from the first request to a renewed
// certificate.
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include <fstream>

#include "access/identity.hpp"
#include "fleet_server.hpp"
#include "skiff/json.hpp"
#include "tests/server/fleet_files.hpp"
#include "tests/server/release_builder.hpp"
#include "tests/server/store/test_database.hpp"

namespace skiff::server::test {
namespace {

std::string text_of(const X509Bio& bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

/// A request for `key` under one common name, signed by `signer`.
std::string request_pem(EVP_PKEY* key, const std::string& name, EVP_PKEY* signer) {
  const std::unique_ptr<X509_REQ, FreeX509> request(::X509_REQ_new());
  ::X509_NAME_add_entry_by_txt(::X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  ::X509_REQ_set_pubkey(request.get(), key);
  ::X509_REQ_sign(request.get(), signer, ::EVP_sha256());
  const X509Bio pem(::BIO_new(::BIO_s_mem()));
  ::PEM_write_bio_X509_REQ(pem.get(), request.get());
  return text_of(pem);
}

std::string body_of(const std::string& pem) {
  return json_text(Json(Json::Object{{"v", 1}, {"request", pem}}));
}

class EnrolmentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.repository = builder_.repository();
    options.state = fleet_.folder() / "state";
    options.database = test_database(fleet_.folder() / "db");
    options.http.tls = fleet_.server();
    options.ca = fleet_.ca();
    options.enrol = options.http;
    options.enrol->tls.device_ca.clear();
    options.workers = 0;
    options.clock = [] { return kNow; };
    auto server = FleetServer::create(std::move(options), builder_.online_keys());
    ASSERT_TRUE(server) << server.error().text();
    server_ = *std::move(server);
    server_->start();
  }

  Answer enrol(const std::string& pem) {
    TlsClient client(server_->enrol_port(), fleet_.stranger());
    return client.ask(post("/v1/enrol", body_of(pem))).value_or(Answer{});
  }
  std::string request(const X509Key& key, const std::string& serial = "d1") {
    return request_pem(key.get(), serial, key.get());
  }
  AdmissionStore admissions() { return AdmissionStore(*database_); }

  /// The files of a device that was answered with a certificate.
  ClientFiles files(const X509Key& key, const Answer& answer, const std::string& name) {
    ClientFiles files = fleet_.stranger();
    files.certificate = fleet_.folder() / (name + ".crt");
    files.key = fleet_.folder() / (name + ".pem");
    const Json json = parse_json(as_bytes(answer.body)).value();
    std::ofstream(files.certificate) << string_member(json, "certificate").value();
    std::ofstream(files.key) << text_of(key_pem(*key).value());
    return files;
  }
  unsigned status(const ClientFiles& files) {
    TlsClient client(server_->port(), files);
    return client.ask(get("/v1/metadata/timestamp.json")).value_or(Answer{}).status;
  }

  FleetFiles fleet_;
  Builder builder_{fleet_.folder()};
  std::unique_ptr<FleetServer> server_;
  std::unique_ptr<Database> database_ = [this] {
    return Database::open(test_database(fleet_.folder() / "db")).value();
  }();
  X509Key key_{::EVP_EC_gen("P-256")};
  X509Key other_{::EVP_EC_gen("P-256")};
};

TEST_F(EnrolmentTest, AStrangerWaitsIsAcceptedAndIsServed) {
  const Answer waiting = enrol(request(key_));
  EXPECT_EQ(waiting.status, 202U);
  EXPECT_EQ(waiting.body, R"({"admission":"pending","ask_after":600,"v":1})");
  ASSERT_TRUE(admissions().decide_claim("d1", key_digest(*key_), Admission::kAccepted));
  const Answer accepted = enrol(request(key_));
  ASSERT_EQ(accepted.status, 200U) << accepted.body;
  EXPECT_EQ(status(files(key_, accepted, "d1")), 200U);
}

TEST_F(EnrolmentTest, ADeviceOfTheFactoryListIsServedAtOnceAndAnImpostorWaits) {
  ASSERT_TRUE(admissions().preauthorise({{"d1", key_digest(*key_), ""}}));
  EXPECT_EQ(enrol(request(other_)).status, 202U);
  const Answer accepted = enrol(request(key_));
  ASSERT_EQ(accepted.status, 200U) << accepted.body;
  EXPECT_EQ(status(files(key_, accepted, "d1")), 200U);
}

TEST_F(EnrolmentTest, AKeyIsRenewedOverItsOldCertificateAndTheOldOneEnds) {
  ASSERT_TRUE(admissions().preauthorise({{"d1", key_digest(*key_), ""}}));
  const ClientFiles old = files(key_, enrol(request(key_)), "old");
  TlsClient client(server_->port(), old);
  const auto renewed = client.ask(post("/v1/renew", body_of(request(other_))));
  ASSERT_TRUE(renewed);
  ASSERT_EQ(renewed->status, 200U) << renewed->body;
  EXPECT_EQ(client.ask(get("/v1/metadata/timestamp.json"))->status, 200U);  // the answer might have been lost
  EXPECT_EQ(status(files(other_, *renewed, "new")), 200U);
  const auto refused = client.ask(get("/v1/metadata/timestamp.json"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 403U);
}

TEST_F(EnrolmentTest, NobodyRenewsForAnother) {
  TlsClient client(server_->port(), fleet_.device("d2"));
  EXPECT_EQ(client.ask(post("/v1/renew", body_of(request(key_, "d1"))))->status, 400U);
  TlsClient stranger(server_->port(), fleet_.stranger());
  EXPECT_EQ(stranger.ask(post("/v1/renew", body_of(request(key_, "d1"))))->status, 401U);
}

TEST_F(EnrolmentTest, ADecommissionedDeviceIsRefusedOnItsOpenConnectionAndWhenItEnrolsAgain) {
  ASSERT_TRUE(admissions().preauthorise({{"d1", key_digest(*key_), ""}}));
  TlsClient client(server_->port(), files(key_, enrol(request(key_)), "d1"));
  EXPECT_EQ(client.ask(get("/v1/metadata/timestamp.json"))->status, 200U);
  ASSERT_TRUE(admissions().decide("d1", Admission::kDecommissioned));
  EXPECT_EQ(client.ask(get("/v1/metadata/timestamp.json"))->status, 403U);
  EXPECT_EQ(enrol(request(key_)).status, 403U);
}

TEST_F(EnrolmentTest, WhatProvesNothingIsRefusedAndLeavesNothing) {
  const X509Key wrong_curve(::EVP_EC_gen("P-384"));
  const struct {
    const char* name;
    std::string pem;
  } cases[] = {
      {"signed by another key", request_pem(key_.get(), "d1", other_.get())},
      {"another curve", request(wrong_curve)},
      {"no serial", request(key_, "a/b")},
      {"no name", request(key_, "")},
      {"a certificate", text_of(key_pem(*key_).value())},
      {"nothing", ""},
      {"garbage", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"},
  };
  for (const auto& c : cases) EXPECT_EQ(enrol(c.pem).status, 400U) << c.name;
  TlsClient client(server_->enrol_port(), fleet_.stranger());
  EXPECT_EQ(client.ask(post("/v1/enrol", "{}"))->status, 400U);
  EXPECT_EQ(client.ask(get("/v1/metadata/timestamp.json"))->status, 401U);
  EXPECT_TRUE(admissions().claims().value().empty());
}

}  // namespace
}  // namespace skiff::server::test
