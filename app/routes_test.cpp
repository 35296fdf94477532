#include "app/routes.h"

#include <doctest/doctest.h>

using namespace http_api;

TEST_CASE("targets find their route") {
  struct Row {
    std::string_view target;
    Route route;
  };
  const Row rows[] = {{"/api", Route::api},
                      {"/api?x=1", Route::api},
                      {"/", Route::root},
                      {"/?", Route::root},
                      {"/health", Route::health},
                      {"/metrics", Route::metrics},
                      {"/version", Route::version},
                      {"/api/", Route::not_found},
                      {"/API", Route::not_found},
                      {"//api", Route::not_found},
                      {"http://host/api", Route::api},
                      {"HTTP://host:80/health?q", Route::health},
                      {"https://host", Route::root},
                      {"http://host?x=/api", Route::root},
                      {"http:///api", Route::not_a_path},
                      {"*", Route::not_a_path},
                      {"host:443", Route::not_a_path},
                      {"api", Route::not_a_path},
                      {"", Route::not_a_path}};
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(find_route(row.target) == row.route);
  }
}
