"""Inputs in PostScript and SMT-LIB, for ghostscript and z3."""

from .generator import Generator, write_once

# ---- PostScript: pages of text, curves, a shading and an image each, and a count of their words ----

_POSTSCRIPT_HEAD = """%!PS-Adobe-3.0
/words 500 dict def
/count { % name: one more of that word, in a dictionary as in most PostScript programs
  dup words exch known { words exch 2 copy get 1 add put } { words exch 1 put } ifelse
} def
/star { % x y radius corners
  4 dict begin /corners exch def /radius exch def gsave translate newpath radius 0 moveto
  1 1 corners { 720 corners div mul dup cos radius mul exch sin radius mul lineto } for
  closepath gsave fill grestore 0 setgray stroke grestore end
} def
/line { % text x y: shows it and counts its words
  moveto dup show
  { token not { exit } if count } loop
} def
"""


def _page(random):
    for kind in range(60):
        x, y, color = random.below(560), random.below(760), random.below(100) / 100
        yield f"{color} {1 - color:.2f} 0.5 setrgbcolor"
        yield f"{x} {y} {10 + random.below(60)} {5 + 2 * random.below(5)} star"
        if kind % 3 == 0:
            curves = (" ".join(str(random.below(700)) for _ in range(6)) + " curveto"
                      for _ in range(6))
            yield f"newpath {x} {y} moveto {' '.join(curves)} {1 + random.below(4)} setlinewidth stroke"
    for number in range(60):
        font = ("Helvetica", "Times-Roman", "Courier-Bold")[number % 3]
        text = " ".join(f"/word{random.below(400)}" for _ in range(8))
        yield f"/{font} findfont {6 + random.below(14)} scalefont setfont 0 setgray"
        yield f"({text}) {random.below(200)} {random.below(760)} line"
    yield "gsave 100 100 200 150 rectclip << /ShadingType 2 /ColorSpace /DeviceRGB"
    yield f"/Coords [0 0 {100 + random.below(400)} 200] /Extend [true true] /Function"
    yield "<< /FunctionType 2 /Domain [0 1] /C0 [1 0.5 0] /C1 [0 0.5 1] /N 1 >> >> shfill grestore"
    yield f"gsave {random.below(400)} 500 translate 150 150 scale 64 64 8 [64 0 0 -64 0 64]"
    yield "{ currentfile 64 string readhexstring pop } image"
    yield "".join(f"{random.below(256):02x}" for _ in range(64 * 64))
    yield "grestore showpage"


def postscript(data, size):
    def make(file):
        random = Generator(23)
        file.write(_POSTSCRIPT_HEAD.encode())
        for number in range(1, int(size) + 1):
            file.write(f"%%Page: {number} {number}\n".encode())
            file.write("\n".join(_page(random)).encode() + b"\n")
        file.write(b"(words: ) print 0 words { exch pop add } forall =\n")

    write_once(data / f"pages-{size}.ps", make)


# ---- SMT-LIB: small problems one after the other, in three theories ----

def _integers(random, count):
    names = [f"x{i}" for i in range(count)]
    for name in names:
        yield f"(declare-const {name} Int) (assert (and (<= 0 {name}) (<= {name} 60)))"
    for _ in range(2 * count):
        terms = " ".join(f"(* {1 + random.below(9)} {names[random.below(count)]})"
                         for _ in range(3 + random.below(3)))
        order = ("<=", ">=")[random.below(2)]
        pair = f"{names[random.below(count)]} {names[random.below(count)]}"
        yield f"(assert (or ({order} (+ {terms}) {100 + random.below(500)}) (not (distinct {pair}))))"


def _bit_vectors(random, count, width=14):
    for i in range(count):
        yield f"(declare-const b{i} (_ BitVec {width}))"
    for _ in range(count):
        first, second, third = (f"b{random.below(count)}" for _ in range(3))
        value = f"#b{2 ** (width - 1) + random.below(2 ** (width - 1)):0{width}b}"
        if random.below(4) == 0:
            yield f"(assert (= (bvmul (bvadd {first} {second}) {third}) {value}))"
        else:
            yield f"(assert (bvult (bvxor {first} (bvadd {second} {third})) {value}))"


def _arrays(random, count):
    yield "(declare-const a0 (Array Int Int)) (declare-fun f (Int) Int)"
    for i in range(1, count):
        read = f"(f (select a{i - 1} {random.below(30)}))"
        yield (f"(define-fun a{i} () (Array Int Int) "
               f"(store a{i - 1} (f {random.below(30)}) (+ {i} {read})))")
    last = count - 1
    yield f"(assert (> (select a{last} (f 3)) (select a{last} (f (select a{last - 1} 5)))))"
    yield f"(assert (< (f 3) (f (select a{last} 7))))"


def smt_problems(data, size):
    def make(file):
        random = Generator(19)
        kinds = ((_integers, 14), (_bit_vectors, 8), (_arrays, 16))
        for number in range(int(size)):
            kind, count = kinds[number % len(kinds)]
            lines = ["(push)", *kind(random, count), "(check-sat)", "(pop)"]
            file.write("\n".join(lines).encode() + b"\n")

    write_once(data / f"problems-{size}.smt2", make)
