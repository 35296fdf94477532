// Blobs: pulled whole or in ranges, pushed in one piece, in chunks, or by mounting what another repository has.
#include <fmt/format.h>

#include "registry/blob_source.h"
#include "registry/distribution.h"
#include "registry/oci_answer.h"

namespace registry {

namespace {

/// Bound to its repository, so that another's upload cannot be continued: a part of the repository's digest is in it.
std::string upload_file(const std::string& repository, std::string_view id) {
  return fmt::format("{}.{}", id, digest_of(repository).substr(7, 16));
}

net::Response upload_answer(int status, const UploadSession& session) {
  net::Response response = answer(status);
  response.headers.set("Location", fmt::format("/v2/{}/blobs/uploads/{}", session.repository(), session.id()));
  response.headers.set("Docker-Upload-UUID", session.id());
  response.headers.set("Range", fmt::format("0-{}", session.received() == 0 ? 0 : session.received() - 1));
  return response;
}

net::Response created(const std::string& repository, const std::string& digest) {
  net::Response response = answer(201);
  response.headers.set("Location", fmt::format("/v2/{}/blobs/{}", repository, digest));
  response.headers.set("Docker-Content-Digest", digest);
  return response;
}

Error upload_error(const Error& error) {
  if (error.code == "DigestMismatch") return {"DIGEST_INVALID", error.message};
  if (error.code == "DiskFull") return {"DISK_FULL", "the disk of the registry is full"};
  return error;
}

Result<std::string> digest_asked(const net::Request& request) {
  const std::string digest = query_value(request, "digest");
  if (is_digest(digest)) return digest;
  return fail("DIGEST_INVALID", fmt::format("'{}' is no sha256 or sha512 digest", digest.substr(0, 200)));
}

}  // namespace

void Distribution::get_blob(Call call) {
  const std::string digest = call.route.reference;
  const auto size = catalog_.find_blob(call.route.repository, digest);
  if (!size) return call.respond(refuse({"BLOB_UNKNOWN", fmt::format("the repository has no blob {}", digest)}));
  if (call.request.method == "HEAD") {
    catalog_.touch_blob(call.route.repository, digest);
    return send_blob(std::move(call), *size, std::shared_ptr<BlobFile>());
  }
  aside(
      [&store = store_, digest]() -> Result<std::shared_ptr<BlobFile>> {
        TRY_VOID(store.verify_blob(digest));
        TRY(const std::filesystem::path path, store.blob_path(digest));
        return BlobFile::open(path);
      },
      [this, call = std::move(call), size = *size](Result<std::shared_ptr<BlobFile>> file) mutable {
        send_blob(std::move(call), size, file);
      });
}

/// Without a file: the headers only.
void Distribution::send_blob(Call call, std::int64_t size, const Result<std::shared_ptr<BlobFile>>& file) {
  const std::string& digest = call.route.reference;
  if (!file) {
    if (file.error().code == "DigestMismatch" || file.error().code == "BlobNotFound") {
      catalog_.lose_blob(digest);
      catalog_.save([](const Result<void>&) {});
    }
    return call.respond(refuse(file.error()));
  }
  const Result<ByteRange> range = parse_range(call.request.headers.get("Range"), static_cast<std::uint64_t>(size));
  if (!range) {
    net::Response refused = refuse(range.error());
    refused.headers.set("Content-Range", fmt::format("bytes */{}", size));
    return call.respond(std::move(refused));
  }
  net::Response response = answer(range->whole ? 200 : 206);
  response.headers.set("Content-Type", "application/octet-stream");
  response.headers.set("Docker-Content-Digest", digest);
  response.headers.set("ETag", "\"" + digest + "\"");
  response.headers.set("Accept-Ranges", "bytes");
  if (!range->whole) {
    response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", range->begin, range->begin + range->length - 1, size));
  }
  if (*file) {
    response.source = make_blob_source(*file, range->begin, range->length, executor_, loop_);
  } else {
    response.headers.set("Content-Length", std::to_string(range->length));
  }
  call.respond(std::move(response));
}

void Distribution::delete_blob(Call call) {
  const auto& [resource, repository, digest] = call.route;
  if (!catalog_.find_blob(repository, digest)) {
    return call.respond(refuse({"BLOB_UNKNOWN", fmt::format("the repository has no blob {}", digest)}));
  }
  if (const std::string user = catalog_.user_of(repository, digest); !user.empty()) {
    return call.respond(refuse({"UNSUPPORTED", fmt::format("the blob is part of image {}; delete that first", user)}));
  }
  if (const Result<void> removed = catalog_.remove_blob(repository, digest); !removed) {
    return call.respond(refuse(removed.error()));
  }
  save_and_answer(std::move(call.respond), answer(202));
}

bool Distribution::streams(const net::Request& request) const {
  return request.path().find("/blobs/uploads") != std::string_view::npos &&
         (request.method == "POST" || request.method == "PATCH" || request.method == "PUT");
}

std::unique_ptr<net::BodySink> Distribution::body_sink(const net::Request& request) {
  if (!streams(request)) return nullptr;
  const Result<Route> route = parse_route(request.path());
  if (!route) return std::make_unique<TransferSink>(route.error());
  if (const Result<void> allowed = check_access(request, *route); !allowed) {
    return std::make_unique<TransferSink>(allowed.error());
  }
  Result<Session> session = transfer_of(request, *route);
  if (!session) return std::make_unique<TransferSink>(session.error());
  return std::make_unique<TransferSink>(*std::move(session));
}

/// Where this request's body goes. All that can be refused is refused here, before a byte of it is kept.
Result<Distribution::Session> Distribution::transfer_of(const net::Request& request, const Route& route) {
  if (route.resource == Resource::uploads) {
    if (!query_value(request, "digest").empty()) TRY_VOID(digest_asked(request));
    return make_session(route.repository, random_.uuid(), 0);
  }
  if (route.resource != Resource::upload) return fail("UNSUPPORTED", "nothing is uploaded here");
  if (request.method == "PUT") TRY_VOID(digest_asked(request));
  TRY(Session session, find_session(route));
  if (const auto header = request.headers.find("Content-Range")) {
    const auto range = parse_chunk_range(*header);
    if (!range) return fail("BLOB_UPLOAD_INVALID", "the Content-Range is not <first>-<last>");
    if (range->begin != session->received()) {
      return fail("BLOB_UPLOAD_INVALID", fmt::format("the upload has {} bytes, the chunk begins at {}", session->received(), range->begin));
    }
    const std::string length(request.headers.get("Content-Length"));
    if (!length.empty() && length != std::to_string(range->end - range->begin + 1)) {
      return fail("SIZE_INVALID", "Content-Range and Content-Length tell different sizes");
    }
  }
  return session;
}

Distribution::Session Distribution::make_session(const std::string& repository, std::string id, std::uint64_t received) {
  UploadSession::Place place{std::move(id), repository, {}, received};
  place.file = upload_file(repository, place.id);
  const std::string file = place.file;
  auto session = std::make_shared<UploadSession>(store_, executor_, loop_, std::move(place));
  session->used_at = clock_.now();
  sessions_[file] = session;
  return session;
}

Result<Distribution::Session> Distribution::find_session(const Route& route) {
  const std::string file = upload_file(route.repository, route.reference);
  if (const auto known = sessions_.find(file); known != sessions_.end()) {
    known->second->used_at = clock_.now();
    return known->second;
  }
  // Of an earlier engine, or long unused.
  const auto size = store_.upload_size(file);
  if (!size) return fail("BLOB_UPLOAD_UNKNOWN", "there is no such upload");
  return make_session(route.repository, route.reference, *size);
}

/// The sink that took the body; made now where there was none to take.
std::unique_ptr<TransferSink> Distribution::take_sink(Call& call) {
  if (auto* sink = dynamic_cast<TransferSink*>(call.request.sink.get())) {
    (void)call.request.sink.release();
    return std::unique_ptr<TransferSink>(sink);
  }
  Result<Session> session = transfer_of(call.request, call.route);
  if (!session) return std::make_unique<TransferSink>(session.error());
  return std::make_unique<TransferSink>(*std::move(session));
}

void Distribution::post_upload(Call call) {
  if (!call.request.sink && mount_blob(call)) return;
  const std::unique_ptr<TransferSink> sink = take_sink(call);
  if (sink->refusal()) return call.respond(refuse(*sink->refusal()));
  std::string digest = query_value(call.request, "digest");
  if (!digest.empty()) return finish_upload(std::move(call), sink->session(), std::move(digest));
  if (sink->session()->received() > 0) {
    sink->session()->discard([](const Result<void>&) {});
    return call.respond(refuse({"BLOB_UPLOAD_INVALID", "a POST with a body must tell its digest"}));
  }
  sink->session()->settle(guarded([session = sink->session(), respond = std::move(call.respond)](Result<void> made) mutable {
    respond(made ? upload_answer(202, *session) : refuse(upload_error(made.error())));
  }));
}

/// False: there is nothing to mount, so an upload begins.
bool Distribution::mount_blob(Call& call) {
  const std::string digest = query_value(call.request, "mount"), from = query_value(call.request, "from");
  if (!is_digest(digest) || (!from.empty() && !is_repository_name(from))) return false;
  const auto size = catalog_.find_blob(from, digest);
  if (!size) return false;
  if (const Result<void> added = catalog_.add_blob(call.route.repository, digest, *size); !added) {
    call.respond(refuse(added.error()));
  } else {
    save_and_answer(std::move(call.respond), created(call.route.repository, digest));
  }
  return true;
}

void Distribution::patch_upload(Call call) {
  const std::unique_ptr<TransferSink> sink = take_sink(call);
  if (sink->refusal()) return call.respond(refuse(*sink->refusal()));
  Session session = sink->session();
  if (call.request.method == "PUT") return finish_upload(std::move(call), session, query_value(call.request, "digest"));
  session->settle(guarded([this, session, route = call.route, respond = std::move(call.respond)](Result<void> written) mutable {
    if (written) return respond(upload_answer(202, *session));
    sessions_.erase(upload_file(route.repository, route.reference));  // what the file has, the next request looks up
    respond(refuse(upload_error(written.error())));
  }));
}

void Distribution::finish_upload(Call call, const Session& session, std::string digest) {
  sessions_.erase(upload_file(session->repository(), session->id()));
  begin_commit(digest, [this, session, digest, respond = std::move(call.respond)]() mutable {
    session->commit(digest, guarded([this, session, digest, respond = std::move(respond)](Result<void> stored) mutable {
      Result<void> done = stored;
      // The repository may have gone meanwhile.
      if (done && !catalog_.has_repository(session->repository())) done = fail("NAME_UNKNOWN", "The repository was deleted.");
      if (done) done = catalog_.add_blob(session->repository(), digest, static_cast<std::int64_t>(session->received()));
      end_commit(digest);
      if (!done) return respond(refuse(upload_error(done.error())));
      save_and_answer(std::move(respond), created(session->repository(), digest));
    }));
  });
}

void Distribution::upload_status(Call call) {
  const Result<Session> session = find_session(call.route);
  if (!session) return call.respond(refuse(session.error()));
  (*session)->settle(guarded([session = *session, respond = std::move(call.respond)](Result<void> settled) mutable {
    respond(settled ? upload_answer(204, *session) : refuse(upload_error(settled.error())));
  }));
}

void Distribution::cancel_upload(Call call) {
  const Result<Session> session = find_session(call.route);
  if (!session) return call.respond(refuse(session.error()));
  sessions_.erase(upload_file(call.route.repository, call.route.reference));
  (*session)->discard(guarded([respond = std::move(call.respond)](Result<void> gone) mutable {
    respond(gone ? answer(204) : refuse(gone.error()));
  }));
}

}  // namespace registry
