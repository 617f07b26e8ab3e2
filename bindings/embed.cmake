# cmake -DINPUT=file.lua -DOUTPUT=file.h -DNAME=file_lua -P embed.cmake: a file as a C array.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n\t" bytes "${bytes}")
file(WRITE ${OUTPUT}
  "#include <stddef.h>\n\nstatic const unsigned char ${NAME}[] = {\n\t${bytes}\n};\nstatic const size_t ${NAME}_size = sizeof(${NAME});\n")
