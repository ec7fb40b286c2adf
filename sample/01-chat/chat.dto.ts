/**
 * What a client may send, cleaned and bounded. Past these classes nobody asks again whether a value has the
 * right shape.
 */
import { Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsInstance,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

export const MAX_ROOM_NAME = 32;
export const MAX_TEXT = 4000;

/** A name as people mean it: no control or invisible characters, no space at the ends, single spaces between words. */
export function tidy(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .slice(0, 200) // longer than any name may be, short enough to be quick
    .normalize('NFC')
    .replace(/\s+/gu, ' ')
    .replace(/\p{C}/gu, '')
    .trim();
}

export class JoinDto {
  @Transform(({ value }) => tidy(value))
  @IsString()
  @Length(1, MAX_ROOM_NAME, { message: `A room name has 1 to ${MAX_ROOM_NAME} characters.` })
  room!: string;
}

export class PictureDto {
  @IsInstance(Buffer)
  data!: Buffer;

  @IsInt()
  @Min(1)
  @Max(20_000)
  width!: number;

  @IsInt()
  @Min(1)
  @Max(20_000)
  height!: number;
}

export class SayDto {
  @IsUUID()
  id!: string;

  @IsString()
  @MaxLength(MAX_ROOM_NAME)
  room!: string;

  @IsString()
  @MaxLength(MAX_TEXT, { message: `A message has at most ${MAX_TEXT} characters.` })
  text!: string;

  @IsOptional()
  @Type(() => PictureDto)
  @IsInstance(PictureDto)
  @ValidateNested()
  image?: PictureDto;
}

export class ImageDto {
  @IsUUID()
  id!: string;
}

export class TypingDto {
  @IsBoolean()
  active!: boolean;
}
