"""The layer check sees what it should: each case writes a small tree and names the complaints expected."""

import tempfile
import unittest
from pathlib import Path

import layers


def complaints(**files):
    """Complaints about a tree given as path=content; "__" stands for "/" and "_dot_" for "."."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, content in files.items():
            path = root / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return layers.check(root)


class LayersTest(unittest.TestCase):
    def test_a_room_may_use_itself_lower_rooms_and_public_headers(self):
        self.assertEqual(
            complaints(
                engine__include__skiff__io_dot_hpp="#pragma once\n#include <vector>\n",
                engine__base__cursor_dot_hpp='#include "skiff/io.hpp"\n#include <xxhash.h>\n',
                engine__base__cursor_dot_cpp='#include "base/cursor.hpp"\n#include <sys/stat.h>\n',
                engine__format__head_dot_cpp='#include "base/cursor.hpp"\n#include "skiff/io.hpp"\n',
            ),
            [],
        )

    def test_a_lower_room_may_not_use_a_higher_one(self):
        found = complaints(engine__apply__a_dot_hpp="", engine__base__b_dot_cpp='\n#include "apply/a.hpp"\n')
        self.assertEqual(found, ["engine/base/b.cpp:2: engine/base may not include engine/apply/a.hpp"])

    def test_diff_and_apply_do_not_see_each_other(self):
        found = complaints(
            engine__apply__a_dot_hpp='#include "diff/d.hpp"', engine__diff__d_dot_hpp='#include "apply/a.hpp"'
        )
        self.assertEqual(len(found), 2)

    def test_the_programs_see_public_headers_only(self):
        found = complaints(
            engine__base__b_dot_hpp="",
            engine__include__skiff__io_dot_hpp="",
            server__main_dot_cpp='#include "skiff/io.hpp"\n#include "base/b.hpp"\n',
            agent__main_dot_cpp='#include "../engine/base/b.hpp"\n',
            engine__cli__main_dot_cpp='#include "base/b.hpp"\n',
        )
        self.assertEqual(len(found), 3)

    def test_server_and_agent_are_strangers_also_in_tests(self):
        found = complaints(
            server__x_dot_hpp="",
            agent__y_dot_hpp='#include "server/x.hpp"',
            tests__agent__t_dot_cpp='#include "server/x.hpp"',
            tests__e2e__t_dot_cpp='#include "server/x.hpp"',
        )
        self.assertEqual(len(found), 2)

    def test_a_library_belongs_to_its_layer(self):
        found = complaints(
            engine__apply__a_dot_cpp="#include <zstd.h>\n",
            engine__entropy__e_dot_cpp="#include <zstd.h>\n",
            engine__format__f_dot_cpp="#  include <boost/asio.hpp>\n",
            engine__trust__t_dot_cpp="#include <crypto++/sha.h>\n#include <curl/curl.h>\n",
        )
        self.assertEqual(
            found,
            [
                "engine/apply/a.cpp:1: engine/apply may not use zstd <zstd.h>",
                "engine/format/f.cpp:1: engine/format may not use boost <boost/asio.hpp>",
                "engine/trust/t.cpp:2: engine/trust may not use curl <curl/curl.h>",
            ],
        )

    def test_an_unknown_library_and_a_missing_header_are_named(self):
        found = complaints(agent__a_dot_cpp='#include <fancy/fancy.hpp>\n#include "nowhere.hpp"\n')
        self.assertEqual(len(found), 2)


if __name__ == "__main__":
    unittest.main()
